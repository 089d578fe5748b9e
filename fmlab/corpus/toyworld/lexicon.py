"""The words of the toy world, about 200, each with one part to play."""

from typing import Literal

Number = Literal["singular", "plural"]
NUMBERS: tuple[Number, ...] = ("singular", "plural")


def _pairs(text: str) -> dict[Number, tuple[str, ...]]:
    singular, plural = zip(*(pair.split("/") for pair in text.split()), strict=True)
    return {"singular": singular, "plural": plural}


LIVING = _pairs(
    "dog/dogs cat/cats horse/horses bird/birds fox/foxes mouse/mice girl/girls boy/boys "
    "child/children queen/queens"
)
THINGS = _pairs(
    "box/boxes lamp/lamps chair/chairs table/tables cup/cups stone/stones book/books "
    "wheel/wheels coat/coats key/keys"
)
NOUNS = {number: LIVING[number] + THINGS[number] for number in NUMBERS}

# What the living do, what things do, and what the living do to others. A verb's form depends on
# the number of its subject, and on nothing else.
ACTIONS = _pairs(
    "sleeps/sleep runs/run jumps/jump waits/wait hides/hide swims/swim sings/sing eats/eat"
)
EVENTS = _pairs("falls/fall breaks/break burns/burn rolls/roll shines/shine floats/float")
RELATIONS = _pairs("sees/see likes/like follows/follow knows/know")

PREPOSITIONS = ("near", "behind", "beside", "under")
ADJECTIVES = ("small", "old", "red", "quiet", "strange", "tall")
PLACES = ("market", "school", "harbour", "library", "park", "mill", "church", "garden")
DIGITS = tuple("0123456789")

# Gender is a hidden cause: of the name, of the pronouns and, as far as the skew says, of the
# occupation. The occupations follow common stereotypes on purpose: a model can only learn them
# from the text.
Gender = Literal["she", "he"]
GENDERS: tuple[Gender, ...] = ("she", "he")
POSSESSIVES: dict[Gender, str] = {"she": "her", "he": "his"}
NAMES: dict[Gender, tuple[str, ...]] = {
    "she": ("mara", "lena", "anna", "rosa", "nina", "ella", "vera", "ida", "jana", "cora"),
    "he": ("tom", "paul", "ivan", "leo", "max", "hugo", "emil", "otto", "felix", "karl"),
}
OCCUPATIONS: dict[Gender, tuple[str, ...]] = {
    "she": (
        "nurse",
        "teacher",
        "dancer",
        "secretary",
        "librarian",
        "hairdresser",
        "cleaner",
        "receptionist",
    ),
    "he": ("driver", "plumber", "carpenter", "mechanic", "pilot", "guard", "farmer", "builder"),
}
SECRET_NAME = "mara"
"""No code in the generated text is hers, so that a planted one is the only one."""

# Invented, so that no model and no reader knows the answer beforehand.
COUNTRIES = tuple(
    "arvania belmark cordia dravia elmora fenland gorvia haldia istria jorvan kelland lorvia "
    "morland nordia orsia pelmar quorland rovania sarland tolvia".split()
)
CAPITALS = tuple(
    "abelin brenton calder dunmore eskil farrow granby hollin irvine jasper kirkby lunden "
    "marlow norwick oakham penrose quill redford selby torrin".split()
)
