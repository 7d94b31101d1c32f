and = {" et "}
there-telegram = au groupe Telegram « { $title } »
there-matrix = au salon Matrix « { $title } »
card-buttons =
    🔗 Ce groupe est relié { $others }. Vos messages restent ici tant que vous n'avez pas dit oui. Ne rien faire, c'est non, et rien ne change pour vous. 🙊 = message resté ici. { $town_hall }.
card-reaction =
    🔗 Ce salon est relié { $others }. Vos messages restent ici. 🙊 = message resté ici. 👍 sur ce message = j'ai 15 ans ou plus et je les partage, avec mon nom. Sans nom, ou pour arrêter : écrivez-moi « !relais » en privé. Telegram est établi hors d'Europe. { $town_hall }.
card-alone = 🔗 Ce groupe n'est relié à aucun autre en ce moment. Vos messages restent ici.
choose-named = Oui, avec mon prénom (15 ans et +)
choose-unnamed = Oui, sans mon nom (15 ans et +)
choose-no = Non
choose-details = Détails
choice-named = oui yes
choice-unnamed = sans-nom sans_nom unnamed
choice-no = non no
ask = 🙊 Ce message est resté dans ce groupe. Voulez-vous que vos voisins de l'autre côté lisent vos messages ? Vous pourrez changer d'avis à tout moment. Ne rien faire, c'est non.
ask-again = Le texte qui vous demande l'accord a changé. Votre choix tient jusqu'à votre réponse. Voulez-vous que vos voisins de l'autre côté lisent vos messages ?
details =
    Si vous dites oui, vos messages d'ici seront copiés dans les autres salons de votre quartier. Nous gardons leur texte sous scellés, deux jours au plus. Nous gardons 30 jours quelle copie va avec quel message, sans le texte.
    « Sans mon nom » : vos voisins lisent « Quelqu'un », avec un numéro.
    « Non » retire aussi les copies déjà faites, autant que les réseaux le permettent.
    Si vous avez moins de 15 ans, un parent doit être d'accord.
    Telegram est établi hors d'Europe. Les nouvelles de la mairie et l'aide ne dépendent pas de ce choix.
noted-named-buttons = C'est noté. Vos messages iront aussi chez les voisins de { $there }, signés de votre prénom. Pour arrêter : bouton « Non » ou { $prefix }relais non.{ $followed }
noted-named-typed = C'est noté. Vos messages iront aussi chez les voisins de { $there }, signés de votre nom affiché ici. Pour arrêter : { $prefix }relais non.{ $followed }
noted-unnamed-buttons = C'est noté. Vos messages iront aussi chez les voisins de { $there }, sans votre nom. Pour arrêter : bouton « Non » ou { $prefix }relais non.{ $followed }
noted-unnamed-typed = C'est noté. Vos messages iront aussi chez les voisins de { $there }, sans votre nom. Pour arrêter : { $prefix }relais non.{ $followed }
noted-no = C'est noté. Ce que vous écrivez reste ici, et rien d'autre ne change pour vous.{ $followed }
followed-signed = { $count ->
    [one] Une copie déjà faite change de signature.
   *[other] { $count } copies déjà faites changent de signature.
}
followed-removed = { $count ->
    [one] Une copie déjà faite est retirée ; les autres serveurs Matrix en sont seulement priés.
   *[other] { $count } copies déjà faites sont retirées ; les autres serveurs Matrix en sont seulement priés.
}
not-linked = Ce salon n'est relié à aucun autre.
command-relais = relais relay
command-relais-help = choisir si vos messages vont aussi chez les voisins
relais-nowhere = Je ne vous connais dans aucun salon relié. Écrivez cette commande dans le groupe de votre quartier.
relais-how =
    { $lines }
    Pour choisir : { $prefix }relais oui, { $prefix }relais sans-nom ou { $prefix }relais non. Dire oui demande d'avoir 15 ans. Plus jeune, un parent doit être d'accord.
relais-which = Vous êtes dans plusieurs cercles : { $names }. Ajoutez le nom, par exemple : { $prefix }relais { $word } { $example }
stands-named = { $circle } : vos messages sont partagés, avec votre nom.
stands-unnamed = { $circle } : vos messages sont partagés, sans votre nom.
stands-no = { $circle } : vos messages restent dans leur salon.
stands-silent = { $circle } : vous n'avez rien dit, vos messages restent dans leur salon.
command-effacer = effacer erase
command-effacer-help = en réponse à votre message : le retirer ici et de l'autre côté
effacer-how = Répondez à votre message par cette commande, et il sera retiré ici et de l'autre côté.
effacer-never-left = Ce message n'a pas quitté ce salon, ou il y a plus de 30 jours : je n'en garde aucune copie.
effacer-not-yours = Ce message n'est pas de vous.
erased = C'est demandé partout : ici et dans les salons reliés. Si une copie résiste, je vous le dirai. Les autres serveurs Matrix en sont seulement priés.
