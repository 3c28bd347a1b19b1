from headwater_authoring.testing.checks.fields import *
