-- The cache of one kernel. Described table by table, with units and history, in README.md beside this file.
-- The version in PRAGMA user_version must be that of CacheSchema.Version; a test holds the two, and the text's digest, together.
PRAGMA application_id = 0x64626766; -- "dbgf"
PRAGMA user_version = 6;

CREATE TABLE kernel (
    release TEXT NOT NULL, architecture TEXT NOT NULL, distribution TEXT NOT NULL, build_id TEXT NOT NULL, compiler TEXT NOT NULL,
    is_complete INTEGER NOT NULL, tool_version TEXT NOT NULL, indexed_at TEXT NOT NULL, is_btf INTEGER NOT NULL);

CREATE TABLE source (
    origin TEXT NOT NULL, byte_size INTEGER NOT NULL, digest TEXT NOT NULL, verification TEXT NOT NULL, signature TEXT NOT NULL);

-- 64 names a row, in the order of their bytes, as a JSON array; the first is the empty one. Names are numbered in that order.
CREATE TABLE name_block (first INTEGER PRIMARY KEY, texts TEXT NOT NULL);
CREATE VIEW name (id, text) AS SELECT b.first + j.key, j.value FROM name_block b, json_each(b.texts) j;

CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL);

CREATE TABLE module (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, build_id TEXT NOT NULL, path TEXT NOT NULL, is_indexed INTEGER NOT NULL,
    unit_count INTEGER NOT NULL, first_symbol INTEGER NOT NULL, symbol_count INTEGER NOT NULL, first_unit INTEGER NOT NULL, sections TEXT NOT NULL);

CREATE VIEW section (module_id, number, name) AS SELECT m.id, j.key, j.value FROM module m, json_each(m.sections) j;

CREATE TABLE unit (id INTEGER PRIMARY KEY, module_id INTEGER NOT NULL, file_id INTEGER NOT NULL);

CREATE TABLE type (
    id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name_id INTEGER NOT NULL, byte_size INTEGER, target_id INTEGER, encoding INTEGER,
    count INTEGER, is_reference INTEGER NOT NULL, file_id INTEGER, line INTEGER, module_id INTEGER NOT NULL);

CREATE TABLE member (
    type_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, name_id INTEGER NOT NULL, member_type_id INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL, bit_offset INTEGER, bit_size INTEGER, PRIMARY KEY (type_id, ordinal)) WITHOUT ROWID;

CREATE TABLE enumerator (
    type_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, name_id INTEGER NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (type_id, ordinal)) WITHOUT ROWID;

CREATE TABLE type_parameter (
    type_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, parameter_type_id INTEGER NOT NULL, PRIMARY KEY (type_id, ordinal)) WITHOUT ROWID;

CREATE TABLE type_unit (type_id INTEGER PRIMARY KEY, units BLOB NOT NULL);

-- of a kernel that is indexed in part: what the indexer must know to add to it
CREATE TABLE memory (what TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;

-- what comes by the hundred thousand, in packed blocks (README.md tells their layout); the key is the first name, symbol or function in them
CREATE TABLE symbol_block (first INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE symbol_by_name_block (first INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE symbol_by_base_name_block (first INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE function_block (first INTEGER PRIMARY KEY, first_name INTEGER NOT NULL, packed BLOB NOT NULL);
CREATE TABLE entry_block (first INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE inline_block (first INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE variable_block (first INTEGER PRIMARY KEY, packed BLOB NOT NULL);

-- indexes: made after the rows, which is several times faster than keeping them while rows come in
CREATE INDEX type_by_name ON type (name_id) WHERE name_id <> 0;
CREATE INDEX function_block_by_name ON function_block (first_name);
CREATE INDEX module_by_name ON module (name);
CREATE INDEX module_by_symbol ON module (first_symbol) WHERE symbol_count > 0;
