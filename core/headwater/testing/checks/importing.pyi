from headwater_authoring.testing.checks.importing import *
