-- Of a webhook's address people see only the host: of many services the path is a secret.
UPDATE outgoing_destinations SET shown_address = substr(shown_address, 1, instr(shown_address, '/') - 1)
WHERE kind = 'webhook' AND instr(shown_address, '/') > 0;
