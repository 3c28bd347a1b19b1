"""The authoring kit: conformance tests for connectors, and a scaffold that starts one."""
