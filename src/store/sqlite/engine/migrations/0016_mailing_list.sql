-- The subscribers that the config file made, so that a sync need not read all.
CREATE INDEX subscribers_config ON subscribers (id) WHERE origin = 'config';
