"""The wrong connectors: at least one for every check."""

from __future__ import annotations

from testing.wrong import BUILD, LOOSE, RAW, READER, Wrong

_LOGS = 'import logging\nlog = logging.getLogger("acme.desk")\n'

WRONG = [
    Wrong(
        "check_loads",
        "returns a dict",
        "@hookimpl\ndef connection_spec():\n    return SPEC\n",
        "must return",
    ),
    Wrong(
        "check_loads",
        "counts its calls",
        "calls = []\n@hookimpl\ndef connection_spec():\n    calls.append(1)\n"
        "    return ConnectionSpec(**SPEC | {'name': f'Desk {len(calls)}'})\n",
        "connection_spec answers differently",
    ),
    Wrong(
        "check_loads",
        "grows its list",
        "@hookimpl\ndef credential_schemas():\n    FIELDS.append(Field(f'f{len(FIELDS)}'))\n"
        "    return [AuthenticationSpec('API Key', FIELDS)]\n",
        "credential_schemas answers differently",
    ),
    Wrong(
        "check_facts",
        "an id that is not a UUID",
        LOOSE + "SPEC['id'] = '7-4'",
        "not a UUID",
    ),
    Wrong(
        "check_facts",
        "an id in upper case",
        LOOSE + "SPEC['id'] = SPEC['id'].upper()",
        "not a UUID in lower case",
    ),
    Wrong(
        "check_facts",
        "no id and no reason",
        LOOSE + "SPEC['id'] = None",
        "neither an id nor no_id_reason",
    ),
    Wrong(
        "check_facts",
        "a name that is not a string",
        "SPEC['name'] = 5",
        "the wrong type: name",
    ),
    Wrong(
        "check_facts",
        "a flag that is a string",
        "SPEC['base_connection'] = 'no'",
        "the wrong type: base_connection",
    ),
    Wrong(
        "check_facts",
        "an empty category",
        "SPEC['category'] = ' '",
        "category of the connection specification",
    ),
    Wrong(
        "check_facts",
        "a version in words",
        "SPEC['version'] = 'one'",
        "not a version number",
    ),
    Wrong(
        "check_facts",
        "nowhere to start",
        "SPEC['base_connection'] = False",
        "where to start",
    ),
    Wrong(
        "check_facts",
        "deprecated without a word",
        "SPEC['lifecycle'] = 'deprecated'",
        "is deprecated",
    ),
    Wrong(
        "check_facts",
        "its id as a misprint",
        "SPEC['misprinted_ids'] = [SPEC['id']]",
        "misprinted_ids or doubtful_ids contains",
    ),
    Wrong(
        "check_facts",
        "a payload that overwrites",
        "SPEC['extra_payload'] = {'auth': {}}",
        "overwrite auth",
    ),
    Wrong(
        "check_facts",
        "a payload that is no JSON",
        "SPEC['extra_payload'] = {'x': {1, 2}}",
        "what JSON cannot",
    ),
    Wrong(
        "check_fields",
        "a secret that is not marked",
        "FIELDS = [HOST, Field('apiKey')]",
        "named like a secret",
    ),
    Wrong(
        "check_fields",
        "a secret inside an object that is not marked",
        "FIELDS = [HOST, KEY, Field('account', 'object', properties=[Field('private_key')])]",
        "field account.private_key of API Key is named like a secret",
    ),
    Wrong(
        "check_fields",
        "an example of another type",
        "FIELDS = [KEY, Field('port', 'integer', example='443')]",
        "example is not of type integer",
    ),
    Wrong(
        "check_fields",
        "a default of another type",
        "FIELDS = [KEY, Field('port', 'integer', default='443')]",
        "default is not of type integer",
    ),
    Wrong(
        "check_fields",
        "an enumeration of another type",
        "FIELDS = [KEY, Field('region', enum=('EU', 1))]",
        "enumeration is not of type string",
    ),
    Wrong(
        "check_fields",
        "a value twice",
        "FIELDS = [KEY, Field('region', enum=('EU', 'EU'))]",
        "lists a value twice",
    ),
    Wrong(
        "check_fields",
        "an example outside its enumeration",
        "FIELDS = [KEY, Field('region', enum=('EU',), example='US')]",
        "example is not in its enumeration",
    ),
    Wrong(
        "check_fields",
        "a flag that is a string",
        "FIELDS = [KEY, Field('x', required='yes')]",
        "wrong type: required",
    ),
    Wrong(
        "check_fields",
        "a blank at the end of a name",
        "FIELDS = [KEY, Field('host ')]",
        "blank at an end",
    ),
    Wrong(
        "check_fields",
        "another flag that is a string",
        "FIELDS = [KEY, Field('x', multiline='yes')]",
        "wrong type: multiline",
    ),
    Wrong(
        "check_fields",
        "an example of another form",
        "FIELDS = [KEY, Field('x', form='host', example='https://desk.example')]",
        "its example is not of its form (host)",
    ),
    Wrong(
        "check_fields",
        "an example that is warned about",
        "FIELDS = [KEY, Field('x', advised_pattern=';$', example='a=b')]",
        "its example does not match its advised pattern",
    ),
    Wrong(
        "check_fields",
        "a pattern that nobody has an example of",
        "FIELDS = [KEY, Field('x', pattern='^[a-z]+$')]",
        "it has a pattern and no example",
    ),
    Wrong(
        "check_examples_accepted",
        "another spelling beside a schema of its own",
        RAW
        + "FIELDS = [Field('host', enum=('desk.example',), accepts={'desk': 'desk.example'}), KEY]\n"
        + "RAW['properties']['host']['enum'] = ['desk.example']",
        "another spelling that host of API Key accepts is not taken",
    ),
    Wrong(
        "check_examples_accepted",
        "a number in digits beside a schema of its own",
        RAW
        + "FIELDS = [Field('host', 'integer', accepts_type='string'), KEY]\n"
        + "RAW['properties']['host']['type'] = 'integer'",
        "another spelling that host of API Key accepts is not taken",
    ),
    Wrong(
        "check_schemas",
        "a default that is no JSON",
        "FIELDS = [KEY, Field('x', default=object())]",
        "rendered as JSON",
    ),
    Wrong(
        "check_schemas",
        "an unknown type",
        RAW + "RAW['properties']['host']['type'] = 'text'",
        "draft-07, at",
    ),
    Wrong(
        "check_schemas",
        "a field that need not be there",
        RAW + "RAW['required'] = ['host']",
        "disagree on what",
    ),
    Wrong(
        "check_schemas",
        "a secret that is none there",
        RAW + "del RAW['properties']['apiKey']['format']",
        "disagree",
    ),
    Wrong(
        "check_schemas",
        "unknown fields taken",
        RAW + "RAW['additionalProperties'] = True",
        "accepts credentials",
    ),
    Wrong(
        "check_schemas",
        "a narrower rule",
        RAW + "RAW['properties']['host']['maxLength'] = 1",
        "refuses a valid",
    ),
    Wrong(
        "check_schemas",
        "a schema elsewhere",
        RAW + "RAW['properties']['host'] = {'$ref': 'http://127.0.0.1:9/schema'}",
        "not a JSON Schema that can be evaluated",
    ),
    Wrong(
        "check_examples_accepted",
        "a pattern without an example",
        RAW
        + "FIELDS = [Field('host'), KEY]\nRAW['properties']['host']['pattern'] = '^https://'",
        "refuses its own example: host",
    ),
    Wrong(
        "check_examples_accepted",
        "one label for two",
        "@hookimpl\ndef credential_schemas():\n    return [AuthenticationSpec('Key', FIELDS, cloud='azure'),"
        " AuthenticationSpec('Key', FIELDS, variant='azure')]\n",
        "leads to another",
    ),
    Wrong(
        "check_corruptions_refused",
        "unknown fields taken",
        RAW + "RAW['additionalProperties'] = True",
        "accepts credentials whose notAFieldOfThisSource is not a field",
    ),
    Wrong(
        "check_corruptions_refused",
        "any type taken",
        RAW + "del RAW['properties']['host']['type']",
        "host is of type",
    ),
    Wrong(
        "check_corruptions_refused",
        "all optional",
        RAW + "RAW['required'] = []",
        "host is missing",
    ),
    Wrong(
        "check_corruptions_refused",
        "a rule of the whole",
        RAW + "RAW['required'] = []\nRAW['minProperties'] = 2",
        "but names (credentials)",
    ),
    Wrong(
        "check_corruptions_refused",
        "a key in a message",
        RAW
        + "RAW['properties']['host'] = {'additionalProperties': {'type': 'integer'}, 'not': {'type': "
        "['number', 'boolean', 'null', 'array']}}",
        "repeats the value when host is of type object",
    ),
    Wrong(
        "check_connections",
        "a name nobody knows",
        BUILD.format(
            "return {**body(request), 'auth': {'specName': 'Key', 'params': dict(request.params)}}"
        ),
        "no connection can be created",
    ),
    Wrong(
        "check_connections",
        "no version",
        BUILD.format(
            "return {**body(request), 'connectionSpec': {'id': request.spec.id}}"
        ),
        "connectionSpec.version is missing",
    ),
    Wrong(
        "check_connections",
        "another version",
        BUILD.format(
            "return {**body(request), 'connectionSpec': {'id': request.spec.id, 'version': '2.0'}}"
        ),
        "connectionSpec.version is not what was asked for",
    ),
    Wrong(
        "check_connections",
        "a value that is dropped",
        BUILD.format(
            "made = body(request); made['auth']['params'].pop('region', None); return made"
        ),
        "lacks what was given for API Key: region",
    ),
    Wrong(
        "check_connections",
        "a number and a flag that are dropped",
        BUILD.format(
            "made = body(request); [made['auth']['params'].pop(name) for name in ('port', 'tls')]; return made"
        ),
        "lacks what was given for API Key: port, tls",
    ),
    Wrong(
        "check_connections",
        "a secret that is made up",
        BUILD.format(
            "from headwater import Secret; made = body(request); "
            "made['auth']['params']['apiKey'] = Secret('x'); return made"
        ),
        "lacks what was given for API Key: apiKey",
    ),
    Wrong(
        "check_connections",
        "another name",
        BUILD.format("return {**body(request), 'name': 'Mine'}"),
        "must send the name it was given",
    ),
    Wrong(
        "check_connections",
        "a secret outside of auth",
        BUILD.format("return {**body(request), 'header': f'Bearer {key}'}"),
        "shows a secret when it is read back",
    ),
    Wrong(
        "check_connections",
        "a value that is hidden",
        BUILD.format(
            "from headwater import Secret; made = body(request); "
            "made['auth']['params']['host'] = Secret(request.params['host']); return made"
        ),
        "host of API Key does not come back",
    ),
    Wrong(
        "check_connections",
        "a forgotten member",
        "SPEC['extra_payload'] = {'providerId': 'x'}\n" + BUILD.format("pass"),
        "lacks what extra_payload adds: providerId",
    ),
    Wrong(
        "check_connections",
        "no reason",
        "SPEC['base_connection'] = False",
        "not refused with the reason",
    ),
    Wrong(
        "check_connections",
        "nothing to authenticate with",
        "@hookimpl\ndef credential_schemas():\n    return []\n",
        "nothing to authenticate with",
    ),
    Wrong(
        "check_no_leaks",
        "logs it",
        _LOGS + BUILD.format("log.debug('key %s', key)"),
        "the log (acme.desk)",
    ),
    Wrong(
        "check_no_leaks",
        "logs it where nobody listens",
        _LOGS
        + "log.propagate = False\nlog.setLevel(50)\n"
        + BUILD.format("log.debug('key', extra={'key': key})"),
        "the log (acme.desk)",
    ),
    Wrong(
        "check_no_leaks",
        "logs its beginning",
        _LOGS + BUILD.format("log.info('key %s...', key[:10])"),
        "the log (acme.desk)",
    ),
    Wrong(
        "check_no_leaks",
        "logs it encoded",
        _LOGS
        + BUILD.format(
            "import base64; log.info('key %s', base64.b64encode(f'user:{key}'.encode()).decode())"
        ),
        "the log (acme.desk)",
    ),
    Wrong(
        "check_no_leaks",
        "logs it in hex",
        _LOGS + BUILD.format("log.info(key.encode().hex())"),
        "the log",
    ),
    Wrong("check_no_leaks", "prints it", BUILD.format("print(key)"), "standard output"),
    Wrong(
        "check_no_leaks",
        "writes it",
        BUILD.format("import sys; sys.stderr.write(key)"),
        "standard error",
    ),
    Wrong(
        "check_no_leaks",
        "warns of it",
        BUILD.format("import warnings; warnings.warn(key)"),
        "a warning",
    ),
    Wrong(
        "check_no_leaks",
        "shouts it in an error",
        BUILD.format("raise ValueError(f'not a key: {key.upper()}')"),
        "the error of build_payload",
    ),
    Wrong(
        "check_no_leaks",
        "shouts it when a field is missing",
        BUILD.format("assert 'region' in request.params, key.upper()"),
        "the error of build_payload",
    ),
    Wrong(
        "check_no_leaks",
        "keeps half of it in the payload",
        BUILD.format("return {**body(request), 'hint': key[:12]}"),
        "the payload when printed",
    ),
    Wrong(
        "check_connections",
        "forgets to return the body",
        BUILD.format("body(request); return None"),
        "build_payload must return a dict",
    ),
    Wrong(
        "check_reader",
        "connects when it is opened",
        READER + "Reader.opened = lambda self: self.check()",
        "reaches out: getaddrinfo",
    ),
    Wrong(
        "check_reader",
        "connects in spite of everything",
        READER
        + "def opened(self):\n    with socket.socket() as one:\n        one.connect_ex(('127.0.0.1', 9))\n"
        "Reader.opened = opened\n",
        "reaches out: connect",
    ),
    Wrong(
        "check_reader",
        "fails in its own way",
        READER
        + "def failed(self):\n    raise OSError('no route')\nReader.failed = failed\n",
        "does not raise a SourceError",
    ),
    Wrong(
        "check_reader",
        "answers without a source",
        READER + "Reader.failed = lambda self: ()\n",
        "does not raise",
    ),
    Wrong(
        "check_reader",
        "logs the key",
        READER
        + "Reader.opened = lambda self: logging.getLogger('acme.desk').debug(self.key)",
        "the log (acme.desk)",
    ),
    Wrong(
        "check_reader",
        "tells half of the key",
        READER
        + "def failed(self):\n    raise CredentialsRefused(self.key[3:15])\nReader.failed = failed\n",
        "the error of check of the reader",
    ),
    Wrong(
        "check_reader",
        "refuses every key",
        READER
        + "def opened(self):\n    raise ValueError('no')\nReader.opened = opened\n",
        "no reader opens with API Key",
    ),
    Wrong(
        "check_answers",
        "answers with what a driver gave it",
        READER + "import decimal\nReader.rows = [{'subject': decimal.Decimal(1)}]",
        "column subject of row 1 holds a Decimal",
    ),
    Wrong(
        "check_answers",
        "gives rows other names than columns",
        READER + "Reader.rows = [{'SUBJECT': 'Printer'}]",
        "under 'SUBJECT', which is none of its columns",
    ),
    Wrong(
        "check_answers",
        "lists what is no table",
        READER + "Reader.tables = lambda self: ['tickets']",
        "a table is a str, not a Table",
    ),
    Wrong(
        "check_answers",
        "does not answer",
        READER + "Reader.tables = lambda self: self.failed()",
        "does not answer",
    ),
    Wrong(
        "check_answers",
        "has nothing to look at",
        READER + "Reader.rows = []",
        "nothing is checked",
    ),
    Wrong("check_import", "loads requests", "import requests", "requests, urllib3"),
    Wrong(
        "check_import",
        "loads it when asked for facts",
        "import jsonschema",
        "jsonschema",
    ),
    Wrong("check_import", "prints", "print('hello')", "prints something"),
    Wrong(
        "check_import",
        "writes to standard error",
        "import sys; sys.stderr.write('hello')",
        "prints something",
    ),
    Wrong(
        "check_import",
        "opens a file",
        "open('/dev/null', 'w').close()",
        "a file opened for writing",
    ),
    Wrong(
        "check_import",
        "opens a socket",
        "import socket; socket.socket().close()",
        "socket.",
    ),
    Wrong(
        "check_import",
        "starts a program",
        "import subprocess; subprocess.run(['true'])",
        "subprocess.Popen",
    ),
    Wrong(
        "check_import",
        "configures logging",
        "import logging; logging.basicConfig()",
        "the handlers of logging",
    ),
    Wrong(
        "check_import",
        "sets a variable",
        "import os; os.environ['ACME'] = '1'",
        "changes environment variables",
    ),
    Wrong(
        "check_import",
        "filters warnings",
        "import warnings; warnings.simplefilter('ignore')",
        "the filters of warnings",
    ),
    Wrong(
        "check_import",
        "changes sys.path",
        "import sys; sys.path.append('/acme')",
        "changes sys.path",
    ),
    Wrong(
        "check_import",
        "starts a thread",
        "import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "the threads",
    ),
    Wrong("check_import", "exits", "raise SystemExit(0)", "fails with SystemExit"),
    Wrong(
        "check_import",
        "ends the interpreter",
        "import os; os._exit(3)",
        "ended the interpreter (exit code 3)",
    ),
    Wrong(
        "check_import",
        "fails",
        "import no_such_module",
        "fails with ModuleNotFoundError",
    ),
]
