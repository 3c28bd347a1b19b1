from headwater_authoring.testing.checks.secrets import *
