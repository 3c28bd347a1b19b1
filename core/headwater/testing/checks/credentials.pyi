from headwater_authoring.testing.checks.credentials import *
