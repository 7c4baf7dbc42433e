-- From here on what visitors say is sealed with keys. A relay from before, which would keep it in
-- clear, refuses these tables; what it has kept is sealed at the next start, which then says 'yes'.
INSERT INTO meta (key, value) VALUES ('sealed', 'no');
