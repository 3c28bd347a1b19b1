from headwater_authoring.testing import *
