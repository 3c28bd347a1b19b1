from headwater_authoring.testing.frames import *
