package normalize

// countryNames are names that CLDR's English lacks: those of ISO 3166-1 (as of
// 2025) and common ones. Forms of government are left out where what remains is
// clear. The order of words counts; accents, case, points and "the" do not.
const countryNames = `AE UAE|Emirates
AG Antigua
AT Österreich
BA Bosnia
BE Belgique|België|Belgien
BQ Bonaire, Sint Eustatius and Saba
BN Brunei Darussalam
BR Brasil
CD DR Congo|DRC|Democratic Republic of the Congo|Congo, the Democratic Republic of the
CG Congo|Republic of the Congo
CH Schweiz|Suisse|Svizzera|Swiss Confederation
CI Ivory Coast
CN Mainland China|PR China|PRC
CV Cabo Verde
CZ Czech Republic
DE Deutschland
DK Danmark
ES España
FI Suomi
FK Falkland Islands (Malvinas)|Falklands
FR French Republic
GA Gabonese Republic
GB Great Britain|Britain|UK|United Kingdom of Great Britain and Northern Ireland|England|Scotland|Wales|Northern Ireland
GR EL|Hellenic Republic|Hellas
HK Hong Kong|Hong Kong Special Administrative Region of China|Hong Kong SAR
HM Heard Island and McDonald Islands
IT Italia|Italian Republic
JO Hashemite Kingdom of Jordan
KG Kyrgyz Republic
KP Democratic People's Republic of Korea|Korea, Democratic People's Republic of|DPRK
KR Korea|Republic of Korea|Korea, Republic of
LA Lao People's Democratic Republic|Lao
LB Lebanese Republic
LK Democratic Socialist Republic of Sri Lanka
LU Grand Duchy of Luxembourg
MF Saint Martin (French part)
MK North Macedonia|FYROM
MM Myanmar|Burma
MO Macao|Macau|Macao Special Administrative Region of China|Macau SAR
MX United Mexican States
NL Holland|Nederland|The Netherlands
NO Norge
PL Polska
PN Pitcairn
PS Palestine|Palestinian Territory
PT Portuguese Republic
RW Rwandese Republic
SA KSA
SE Sverige
SH Saint Helena, Ascension and Tristan da Cunha
SK Slovak Republic
ST Sao Tome
SX Sint Maarten (Dutch part)
SY Syrian Arab Republic
SZ Eswatini
TG Togolese Republic
TL East Timor
TR Türkiye
TT Trinidad
TW Taiwan, Province of China|Republic of China|Chinese Taipei
TZ United Republic of Tanzania|Tanzania, United Republic of
UM United States Minor Outlying Islands
US United States of America|America
UY Eastern Republic of Uruguay
VA Holy See|Holy See (Vatican City State)|Vatican
VG Virgin Islands, British
VI Virgin Islands, U.S.|Virgin Islands of the United States
VN Viet Nam
AR Argentine Republic`
