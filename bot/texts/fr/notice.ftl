command-privacy = privacy confidentialite
command-privacy-help = ce qui est fait de vos messages
privacy =
    <b>Ce qui est fait de vos messages</b>
    Responsable : { $town_hall }.
    Rien de vous ne quitte votre salon avant votre oui. Ne rien dire, c'est non.
    Après un oui, le texte est gardé sous scellés deux jours au plus. La liste des copies est gardée 30 jours, sans texte.
    { $prefix }relais : voir ou changer votre choix. { $prefix }consentements : vos reçus.
    { $prefix }effacer, en réponse à votre message : le retirer partout.
    { $prefix }mesdonnees : tout voir. { $prefix }oublier : tout effacer. { $prefix }objection : vous opposer.
    Aucun numéro de téléphone n'est gardé. Aucune machine n'apprend de ce que vous écrivez.
    Tout lire : { $prefix }privacy tout
privacy-all = tout all
privacy-more = Tout lire
privacy-notice =
    <b>Information sur vos données</b> (RGPD, article 13)
    Responsable : { $town_hall }, qui vous dit comment joindre son délégué à la protection des données.
    { $lines }
    <b>Qui d'autre les reçoit</b>
    Les salons reliés, si vous avez dit oui. Telegram est établi hors d'Europe ; les serveurs Matrix de vos voisins peuvent l'être.
    <b>Vos droits</b>
    Voir et emporter : { $prefix }mesdonnees. Corriger : changez votre nom affiché. Changer d'avis : { $prefix }relais. Être oublié : { $prefix }oublier. Vous opposer : { $prefix }objection. Vous plaindre : cnil.fr.
    Refuser ne change rien pour vous. Aucune machine ne sanctionne seule.
privacy-purpose = <b>{ $what }</b> : { $parts }
privacy-for = pour { $words }.
privacy-kept = Gardé : { $words }.
privacy-seen = Vu par : { $words }.
privacy-back = Repris par : { $words }.
privacy-copies = Copies : { $words }.
