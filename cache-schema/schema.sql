-- The cache of one kernel. Described table by table, with units and history, in README.md beside this file.
-- The version in PRAGMA user_version must be that of CacheSchema.Version; a test holds the two, and the text's digest, together.
PRAGMA application_id = 0x64626766; -- "dbgf"
PRAGMA user_version = 2;

CREATE TABLE kernel (
    release TEXT NOT NULL, architecture TEXT NOT NULL, distribution TEXT NOT NULL, build_id TEXT NOT NULL, compiler TEXT NOT NULL,
    is_complete INTEGER NOT NULL, tool_version TEXT NOT NULL, indexed_at TEXT NOT NULL, is_btf INTEGER NOT NULL);

CREATE TABLE source (
    origin TEXT NOT NULL, byte_size INTEGER NOT NULL, digest TEXT NOT NULL, verification TEXT NOT NULL);

CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
INSERT INTO name VALUES (0, ''); -- what has no name

CREATE TABLE name_by_hash (hash INTEGER PRIMARY KEY, name_id INTEGER NOT NULL);

CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL);

CREATE TABLE module (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, build_id TEXT NOT NULL, path TEXT NOT NULL, is_indexed INTEGER NOT NULL,
    unit_count INTEGER NOT NULL, first_symbol INTEGER NOT NULL, symbol_count INTEGER NOT NULL);

CREATE TABLE section (module_id INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (module_id, number)) WITHOUT ROWID;

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

CREATE TABLE function (
    id INTEGER PRIMARY KEY, name_id INTEGER NOT NULL, return_type_id INTEGER NOT NULL, file_id INTEGER NOT NULL, line INTEGER NOT NULL,
    is_external INTEGER NOT NULL, is_variadic INTEGER NOT NULL);

CREATE TABLE parameter (
    function_id INTEGER NOT NULL, ordinal INTEGER NOT NULL, name_id INTEGER NOT NULL, type_id INTEGER NOT NULL,
    PRIMARY KEY (function_id, ordinal)) WITHOUT ROWID;

CREATE TABLE entry (
    id INTEGER PRIMARY KEY, function_id INTEGER NOT NULL, unit_id INTEGER NOT NULL, section INTEGER NOT NULL, address INTEGER NOT NULL,
    byte_size INTEGER NOT NULL, symbol_id INTEGER, places BLOB NOT NULL);

CREATE TABLE inline_site (
    function_id INTEGER NOT NULL, module_id INTEGER NOT NULL, count INTEGER NOT NULL, sites BLOB NOT NULL,
    PRIMARY KEY (function_id, module_id)) WITHOUT ROWID;

CREATE TABLE variable (
    id INTEGER PRIMARY KEY, name_id INTEGER NOT NULL, type_id INTEGER NOT NULL, unit_id INTEGER NOT NULL, file_id INTEGER NOT NULL,
    line INTEGER NOT NULL, is_external INTEGER NOT NULL, section INTEGER NOT NULL, address INTEGER NOT NULL);

CREATE TABLE symbol (
    id INTEGER PRIMARY KEY, name_id INTEGER NOT NULL, base_name_id INTEGER, suffix INTEGER, section INTEGER NOT NULL, address INTEGER NOT NULL,
    byte_size INTEGER NOT NULL, flags INTEGER NOT NULL);

-- indexes: made after the rows, which is several times faster than keeping them while rows come in
CREATE INDEX type_by_name ON type (name_id) WHERE name_id <> 0;
CREATE INDEX function_by_name ON function (name_id);
CREATE INDEX entry_by_function ON entry (function_id);
CREATE INDEX variable_by_name ON variable (name_id);
CREATE INDEX symbol_by_name ON symbol (name_id);
CREATE INDEX symbol_by_base_name ON symbol (base_name_id) WHERE base_name_id IS NOT NULL;
