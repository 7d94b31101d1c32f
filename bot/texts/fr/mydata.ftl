command-mesdonnees = mesdonnees mydata
command-mesdonnees-help = voir tout ce que je garde de vous, avec un fichier
mesdonnees-private = Un fichier ne se montre pas à une personne seule dans un groupe. Ouvrez une discussion privée avec moi et écrivez : { $prefix }mesdonnees
mesdonnees-open = Ouvrir la discussion privée
mesdonnees-title = <b>Ce que je garde de vous</b>
mesdonnees-name = Nom gardé, sous scellés : { $name }
mesdonnees-line = • { $what } : { $count } ({ $kept })
mesdonnees-nothing = Rien : aucune ligne ne porte votre empreinte.
mesdonnees-objection-open = Objection n° { $number } du { $at } : une personne doit y répondre dans le mois.
mesdonnees-objection-answered = Objection n° { $number } du { $at }, réponse : { $answer }
mesdonnees-never =
    Jamais gardés : numéro de téléphone, contacts, position en direct, fichiers.
    Pour corriger ou effacer : { $prefix }relais, { $prefix }oublier. Pour vous opposer : { $prefix }objection.
mesdonnees-file = Le même, complet, pour une machine (JSON).
command-consentements = consentements consents
command-consentements-help = voir ce que vous avez décidé, où et quand
consentements-none = Vous n'avez rien décidé : vos messages restent dans leur salon. Pour choisir : { $prefix }relais
consentements-are =
    <b>Ce qui vaut aujourd'hui</b>
    { $lines }
    <b>Reçus</b>
    { $receipts }
    Pour changer : { $prefix }relais, { $prefix }photos.
consentements-silent = Aucune décision : vos messages restent dans leur salon.
consentements-no-receipt = Aucun reçu.
receipt-line = { $at }, { $circle } : { $choice } (texte { $wording })
receipt-relay-named = partagés, avec votre nom
receipt-relay-unnamed = partagés, sans votre nom
receipt-relay-no = plus partagés
receipt-relay-left = fin : vous avez quitté le salon
receipt-media-yes = photos et fichiers partagés
receipt-media-no = photos et fichiers plus partagés
circle-gone = un cercle qui n'existe plus
