-- What forgetting looks for, so that it need not read whole tables.
CREATE INDEX audit_subject ON audit (subject);
CREATE INDEX recipients_owner ON recipients (owner);
CREATE INDEX recipients_ended ON recipients (id) WHERE state = 'ended' AND address IS NOT NULL;
-- Who left and was forgotten is still known by the hash when the config names them.
CREATE INDEX recipients_forgotten ON recipients (mac) WHERE address IS NULL;
CREATE INDEX subscribers_name ON subscribers (name_id);
CREATE INDEX letters_request ON letters (request);
