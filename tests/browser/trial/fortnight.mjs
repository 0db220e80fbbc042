// The steps of a trial from Thursday to Monday, in their order.

import { decidesAboutBounces, letsARestoredServiceGo, putsRightWhatDidNotArrive, sendsALateEdition } from "./after.mjs";
import { refusesWhatItDidNotAskFor, showsStrangersWordsAsText } from "./hostile.mjs";
import { comesBackAndEndsWithTheSession, findsOutWhoDidNotGetIt, stopsItAndLetsItGoOn, watchesItGo } from "./monday.mjs";
import { decidesWithoutScripts, endsSessionsAndSetsCodesWithoutScripts, looksAfterSubscribersWithoutScripts, looksAfterUsersWithoutScripts } from "./plain.mjs";
import { byKeyboardAlone, prepares } from "./thursday.mjs";

export const steps = [
  prepares,
  byKeyboardAlone,
  decidesWithoutScripts,
  looksAfterSubscribersWithoutScripts,
  looksAfterUsersWithoutScripts,
  endsSessionsAndSetsCodesWithoutScripts,
  refusesWhatItDidNotAskFor,
  watchesItGo,
  stopsItAndLetsItGoOn,
  comesBackAndEndsWithTheSession,
  findsOutWhoDidNotGetIt,
  showsStrangersWordsAsText,
  putsRightWhatDidNotArrive,
  decidesAboutBounces,
  letsARestoredServiceGo,
  sendsALateEdition,
];
