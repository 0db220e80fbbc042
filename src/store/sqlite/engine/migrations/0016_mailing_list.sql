-- The subscribers that the config file made, so that a sync need not read all.
CREATE INDEX subscribers_config ON subscribers (id) WHERE origin = 'config';
-- Who left and was forgotten is known by the hash, and so is whoever subscribed anew with the same address.
DROP INDEX recipients_forgotten;
CREATE INDEX recipients_mac ON recipients (mac);
