from headwater_authoring.testing.checks.service import *
