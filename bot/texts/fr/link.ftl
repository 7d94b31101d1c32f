command-start = bonjour start
command-start-help = ouvrir un lien ou un code reçu
command-inviter = inviter invite
command-inviter-help = donner un rôle par un lien qui sert une fois
command-relier = relier link
command-relier-help = relier un groupe à votre quartier
command-delier = delier unlink
command-delier-help = séparer ce groupe des autres
hello =
    Bonjour ! Je suis le bot { $whose }. Je relie les groupes d'un même quartier, sur Telegram et sur Matrix.
    Écrivez { $prefix }aide pour voir ce que je sais faire.
code-unknown = Ce code ne sert plus, ou pas encore. Un code dure 24 heures et sert une fois : demandez-en un autre.
code-for-a-group = Ce code est fait pour un groupe. Ajoutez-moi au groupe, puis écrivez-y : { $prefix }relier { $code }
role-given = Merci ! Vous êtes maintenant { $role } ({ $where }). Écrivez { $prefix }aide pour voir ce que cela vous ouvre.
role-operator = opérateur
role-publisher = rédacteur de la mairie
role-approver = relecteur de la mairie
role-ambassador = ambassadeur
role-moderator = modérateur
type-operator = operateur opérateur operator
type-publisher = redacteur rédacteur publisher
type-approver = relecteur approver
type-ambassador = ambassadeur ambassadrice ambassador
type-moderator = moderateur modérateur moderatrice modératrice moderator
inviter-how = Écrivez { $prefix }inviter, le rôle, puis le quartier s'il en faut un. Rôles que vous pouvez donner : { $roles }. Quartiers : { $places }.
inviter-ready =
    Voici un lien pour : { $role }. Il sert une fois, dans les { $hours } heures. Envoyez-le à la personne, à elle seule :
    { $ways }
inviter-matrix = Sur Matrix : ouvrir une discussion avec { $address } et écrire « !bonjour { $code } »
relier-where = Quel quartier ?
relier-where-typed = Quel quartier ? Écrivez { $prefix }relier et un nom : { $places }
relier-add = Ajouter le bot à un groupe { $network }
relier-invite = { $network } : dans le salon, écrivez « /invite { $address } { $code } », puis « !relier { $code } ».
relier-ready =
    <b>{ $place }</b> : deux groupes ou plus de ce quartier vont s'entendre. Chaque code sert une fois, dans les { $hours } heures. { $taps ->
        [0] {""}
       *[other] Le bouton ajoute le bot au groupe, avec les droits qu'il faut.
    }
    { $ways }
link-how = Il me faut un code pour relier ce groupe. Un ambassadeur l'obtient en m'écrivant { $prefix }relier en privé.
already-linked = Ce groupe est déjà relié. Pour le séparer : { $prefix }delier
topic-already = Un autre sujet de ce groupe est déjà dans ce cercle. Chaque cercle ne prend qu'un sujet par groupe.
needs-supergroup =
    Ce groupe est d'un type ancien, où je ne peux ni modérer ni suivre les sujets. Pour le changer en supergroupe : Modifier le groupe, puis « Historique pour les nouveaux membres : visible ».
    Écrivez ensuite { $prefix }relier { $code }. Le code sert encore.
linked = ✅ Ce groupe fait maintenant partie du cercle « { $circle } ». { $others ->
    [0] Il est le premier. Les autres l'entendront dès qu'ils seront reliés.
    [one] Il est relié à un autre groupe.
   *[other] Il est relié à { $others } autres groupes.
}
rights-missing =
    Il me manque encore des droits :
    { $lines }
rights-complete = Merci, j'ai maintenant tous les droits qu'il me faut.
right-admin-telegram = administrateur : sans cela, je ne vois ni toutes les phrases ni les réactions.
right-delete-telegram = supprimer des messages : sans cela, « /effacer » ne retire rien ici.
right-pin-telegram = épingler : sans cela, la carte avec les boutons se perd dans la discussion.
right-delete-matrix = supprimer les messages des autres (modérateur) : sans cela, « !effacer » ne retire rien ici.
right-pin-matrix = épingler (modérateur) : sans cela, la carte se perd dans la discussion.
unlinked = Ce groupe ne fait plus partie du cercle « { $circle } ». Plus rien ne part, plus rien n'arrive.
unclaimed = Je suis le bot { $whose }. Sans code d'un ambassadeur, je pars demain. Le code s'écrit ainsi : { $prefix }relier CODE
encrypted = Je n'ai pas pu lire un message chiffré de ce salon : sa clé ne m'est pas parvenue. Si elle arrive, il passera, marqué « en retard ».
