from headwater_authoring.testing.subject import *
