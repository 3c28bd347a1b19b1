from headwater_authoring.testing.embedded import *
