from headwater_authoring.testing.checks.facts import *
