from headwater_authoring.testing.checks.schemas import *
