-- Of a webhook's address people see only the host: of many services the path is a secret.
UPDATE outgoing_destinations SET shown_address = split_part(shown_address, '/', 1)
WHERE kind = 'webhook' AND shown_address LIKE '%/%';
