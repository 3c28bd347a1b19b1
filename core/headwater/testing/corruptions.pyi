from headwater_authoring.testing.corruptions import *
