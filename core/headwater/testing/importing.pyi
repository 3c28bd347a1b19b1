from headwater_authoring.testing.importing import *
