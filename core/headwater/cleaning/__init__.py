"""Cut secrets out of text that is not ours: a plugin's exception, a server's body.

`cutting` looks for secrets in a text and in its `views`, which are the text with one or two layers of quoting undone;
`encodings` are the forms that nothing undoes reliably. What we say ourselves is never cleaned: it holds no secret, and
a secret that is an ordinary word would tear it. Nor is what a plugin's author wrote, which `literals` tells from what a
plugin puts in.
"""

from headwater.cleaning.cutting import Cleaner, clean, holds
from headwater.cleaning.literals import list_literals

__all__ = ["Cleaner", "clean", "holds", "list_literals"]
