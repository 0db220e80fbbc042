-- Reasons are a code and its data (JSON). What older versions wrote is a sentence: it becomes the code that it says where its
-- data can be told from it, and otherwise the code 'told' with the sentence.
ALTER TABLE editions ADD COLUMN reason_detail TEXT;
ALTER TABLE editions ADD COLUMN theme_reason_detail TEXT;
ALTER TABLE picks ADD COLUMN reason_detail TEXT;

UPDATE editions SET
    reason = CASE
        WHEN reason = 'restored store' THEN 'restored-store'
        WHEN reason GLOB 'config.toml would end many subscriptions*' THEN 'consent-missing'
        WHEN reason = 'approval is missing' THEN 'approval-missing'
        WHEN reason = 'an operator held it' OR reason GLOB 'an operator held it: *' THEN 'operator'
        WHEN reason GLOB 'the run stopped itself: the relay refuses this sender (*); mend that first' THEN 'sender-refused'
        ELSE 'told'
    END,
    reason_detail = CASE
        WHEN reason = 'restored store' OR reason GLOB 'config.toml would end many subscriptions*' THEN NULL
        WHEN reason = 'approval is missing' THEN json_object('due', NULL)
        WHEN reason = 'an operator held it' THEN json_object('why', NULL)
        WHEN reason GLOB 'an operator held it: *' THEN
            json_object('why', substr(reason, length('an operator held it: ') + 1))
        WHEN reason GLOB 'the run stopped itself: the relay refuses this sender (*); mend that first' THEN
            json_object('reply', substr(
                reason,
                length('the run stopped itself: the relay refuses this sender (') + 1,
                length(reason) - length('the run stopped itself: the relay refuses this sender (); mend that first')))
        WHEN reason GLOB 'late*' THEN json_object('kind', 'late', 'text', reason)
        WHEN reason GLOB 'approval is missing*' THEN json_object('kind', 'approval-missing', 'text', reason)
        ELSE json_object('kind', 'other', 'text', reason)
    END
WHERE state = 'held' AND reason IS NOT NULL;

UPDATE editions SET
    reason = CASE
        WHEN reason GLOB 'edition [0-9]* fell due while it was held' THEN 'overtaken'
        WHEN reason GLOB 'edition [0-9]* fell due before it was sent' THEN 'overtaken'
        ELSE 'told'
    END,
    reason_detail = CASE
        -- A cast reads the figures that a text begins with.
        WHEN reason GLOB 'edition [0-9]* fell due while it was held' THEN
            json_object('by', CAST(substr(reason, length('edition ') + 1) AS INTEGER), 'held', json('true'))
        WHEN reason GLOB 'edition [0-9]* fell due before it was sent' THEN
            json_object('by', CAST(substr(reason, length('edition ') + 1) AS INTEGER), 'held', json('false'))
        ELSE json_object('text', reason)
    END
WHERE state = 'missed' AND reason IS NOT NULL;

UPDATE editions SET reason = 'operator' WHERE state = 'withdrawn' AND reason IS NOT NULL;

UPDATE editions SET
    theme_reason = CASE
        WHEN theme_reason = 'never used before' THEN 'never-used'
        WHEN theme_reason = 'no activity of the library may be sent on this day' THEN 'nothing-eligible'
        WHEN theme_reason GLOB 'occasion *' THEN 'occasion'
        ELSE 'told'
    END,
    theme_reason_detail = CASE
        WHEN theme_reason IN ('never used before', 'no activity of the library may be sent on this day') THEN NULL
        WHEN theme_reason GLOB 'occasion *' THEN json_object('name', substr(theme_reason, length('occasion ') + 1))
        ELSE json_object('text', theme_reason)
    END;

UPDATE picks SET
    reason = CASE
        WHEN reason = 'the theme''s only activity for this band' THEN 'only-one'
        WHEN reason = 'never used' THEN 'rotation'
        WHEN reason GLOB 'least recently used (edition [0-9]*)' THEN 'rotation'
        WHEN reason GLOB 'planned for edition [0-9]* too' THEN 'rotation'
        ELSE 'told'
    END,
    reason_detail = CASE
        WHEN reason = 'the theme''s only activity for this band' THEN NULL
        WHEN reason = 'never used' THEN '"never"'
        WHEN reason GLOB 'least recently used (edition [0-9]*)' THEN
            json_object('in', CAST(substr(reason, length('least recently used (edition ') + 1) AS INTEGER))
        WHEN reason GLOB 'planned for edition [0-9]* too' THEN
            json_object('planned-for', CAST(substr(reason, length('planned for edition ') + 1) AS INTEGER))
        -- The campaign's name ends at a colon or a comma.
        WHEN instr(reason, 'for the occasion ') > 0 THEN json_object('text', reason, 'occasion', substr(
            substr(reason, instr(reason, 'for the occasion ') + length('for the occasion ')),
            1,
            instr(replace(substr(reason, instr(reason, 'for the occasion ') + length('for the occasion ')), ',', ':'), ':') - 1))
        ELSE json_object('text', reason, 'occasion', NULL)
    END;
