from headwater_authoring.testing.failures import *
