"""Lists what the columns of the contract are called in German, French, Spanish, Italian and Dutch exports.

Without accents or signs: `plain_name` takes them away. A proposal is confirmed by a person, whatever it is called.
"""

from __future__ import annotations

_OFFICERS = (
    *("pers_nr", "personal_nr", "mitarbeiter", "mitarbeiter_nr", "mitarbeiternummer", "beschaeftigter", "bediensteter"),
    *("agent", "numero_agent", "salarie", "numero_salarie", "empleado", "numero_empleado", "agente", "matricula"),
    *("matricola", "dipendente", "operatore", "medewerker", "personeelsnummer"),
)
_DEVICES = (
    *("geraet", "gerat", "geraete_nr", "gerate_nr", "geraetenummer", "geratenummer", "endgeraet", "endgerat", "handy"),
    *("funkgeraet", "funkgerat", "telefon", "seriennummer", "fahrzeug", "appareil", "telephone", "vehicule"),
    *("numero_de_serie", "dispositivo", "telefono", "vehiculo", "apparecchio", "toestel", "apparaat", "voertuig"),
)
_RECORDED = (
    *("geaendert_am", "geandert_am", "geaendert", "geandert", "aenderungsdatum", "anderungsdatum", "stand"),
    *("erfasst_am", "erfasst", "erstellt_am", "angelegt_am", "modifie_le", "enregistre_le", "saisi_le", "cree_le"),
    *("modificado", "registrado", "fecha_registro", "modificato_il", "registrato_il", "gewijzigd_op", "aangemaakt_op"),
)
_LON = ("laenge", "lange", "longitud", "longitudine", "lengtegraad", "rechtswert", "ostwert")
_LAT = ("breite", "latitud", "latitudine", "breedtegraad", "hochwert", "nordwert")
"""Also metres of a national grid: then it is said that they have to become degrees first."""
_RADIUS = ("umkreis", "rayon", "raggio", "straal")

OTHER_LANGUAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "pings": {
        "device_id": _DEVICES,
        "observed_at": (
            *("zeitpunkt", "zeitstempel", "messzeit", "datum_zeit", "datum_uhrzeit", "zeit", "horodatage"),
            *("date_heure", "heure", "fecha_hora", "marca_de_tiempo", "data_ora", "orario", "tijdstip", "tijd"),
        ),
        "lon": _LON,
        "lat": _LAT,
        "accuracy_m": ("genauigkeit", "exactitude", "exactitud", "precisione", "nauwkeurigheid"),
    },
    "assignments": {
        "device_id": _DEVICES,
        "officer_id": _OFFICERS,
        "valid_from": (
            *("ausgegeben_am", "ausgegeben", "ausgabe_am", "ausgabe", "gueltig_ab", "gultig_ab", "von", "ab"),
            *("remis_le", "depuis", "debut", "entregado", "desde", "consegnato", "dal", "uitgegeven", "vanaf"),
        ),
        "valid_to": (
            *("zurueckgegeben_am", "zuruckgegeben_am", "zurueckgegeben", "zuruckgegeben"),
            *("rueckgabe_am", "ruckgabe_am", "rueckgabe", "ruckgabe"),
            *("gueltig_bis", "gultig_bis", "bis", "rendu_le", "fin", "devuelto", "hasta", "restituito", "ingeleverd"),
        ),
        "recorded_at": _RECORDED,
    },
    "roster": {
        "shift_id": (
            *("dienst_nr", "dienst_id", "schicht_nr", "schicht_id", "schichtnummer", "numero_service", "id_turno"),
            *("numero_turno",),
        ),
        "officer_id": _OFFICERS,
        "starts_at": (
            *("dienstbeginn", "schichtbeginn", "dienstanfang", "anfang", "von", "heure_debut", "debut_service"),
            *("inicio", "inizio", "aanvang"),
        ),
        "ends_at": (*("dienstende", "schichtende", "bis", "heure_fin", "fin_service", "final", "fine", "einde"),),
        "duty_code": (
            *("dienstart", "schichtart", "dienstkuerzel", "dienstkurzel", "schichtkuerzel", "schichtkurzel", "kuerzel"),
            *("kurzel", "type_service", "code_service", "tipo_turno", "codigo_turno", "diensttype", "dienstcode"),
            "tprog",
        ),
        "status": ("statut", "estado", "stato"),
        "recorded_at": _RECORDED,
    },
    "places": {
        "officer_id": _OFFICERS,
        "kind": ("art", "ortsart", "type_lieu", "tipo", "soort"),
        "lon": _LON,
        "lat": _LAT,
        "radius_m": _RADIUS,
        "valid_from": ("gueltig_ab", "gultig_ab"),
        "valid_to": ("gueltig_bis", "gultig_bis"),
        "recorded_at": _RECORDED,
    },
    "sites": {
        "site_id": ("standort_nr", "standort", "bezeichnung", "nom", "nombre", "nome", "naam"),
        "lon": _LON,
        "lat": _LAT,
        "radius_m": _RADIUS,
    },
}
