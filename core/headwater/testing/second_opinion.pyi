from headwater_authoring.testing.second_opinion import *
