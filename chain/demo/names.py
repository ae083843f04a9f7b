"""Invented people and places. The names are common words of the region put together by chance; nobody is meant."""

from random import Random

FEMALE = (
    "Justina", "Rosa", "Yeny", "Vilma", "Eusebia", "Nélida", "Martina", "Flora", "Gregoria", "Elsa", "Saturnina",
    "Maruja", "Dionicia", "Lidia", "Ruth", "Felicitas", "Norma", "Paulina", "Teófila", "Bertha", "Juana", "Silvia",
)  # fmt: skip
MALE = (
    "Melitón", "Édgar", "Wilber", "Santos", "Fortunato", "Percy", "Eulogio", "Simón", "Abel", "Nicanor", "Efraín",
    "Rubén", "Leoncio", "Marcelino", "Óscar", "Julián", "Grover", "Isidro", "Valentín", "Teodoro", "Hilario", "Saúl",
)  # fmt: skip
SURNAMES = (
    "Quispe", "Mamani", "Huamaní", "Condori", "Ccahuana", "Chipana", "Huillca", "Layme", "Pacco", "Sullca", "Tito",
    "Umasi", "Vilca", "Yanqui", "Zúñiga", "Anco", "Borda", "Choque", "Dávila", "Enríquez", "Fuentes", "Gallegos",
    "Hancco", "Illanes", "Jalixto", "Llamocca", "Merma", "Ñaupa", "Ochoa", "Pumacahua", "Roca", "Sierra",
)  # fmt: skip
FIBRE_COMMUNITIES = (
    "Alto Ccori", "Pampa Ichu", "Yana Orcco", "Puca Huasi", "Llama Marca", "Quellu Pata", "Hatun Cocha",
    "Misa Rumi", "Wayra Pampa",
)  # fmt: skip
MILK_COMMUNITIES = ("Chuño Pampa", "Totora Alta", "Vizcacha Cucho")
MEAT_COMMUNITIES = ("Jacha Thola", "Wila Kollo")


class NameMaker:
    """Makes names that do not repeat within one demonstration."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._used: set[str] = set()

    def make(self, sex: str) -> str:
        """Return a new full name: given name and two surnames."""
        while True:
            given = self._random.choice(FEMALE if sex == "female" else MALE)
            name = f"{given} {self._random.choice(SURNAMES)} {self._random.choice(SURNAMES)}"
            if name not in self._used:
                self._used.add(name)
                return name
