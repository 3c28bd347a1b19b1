from headwater_authoring.testing.canaries import *
