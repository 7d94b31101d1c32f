command-objection = objection object
command-objection-help = vous opposer à un usage de vos données ; une personne répond
objection-how = Écrivez à quoi vous vous opposez, après la commande : { $prefix }objection je ne veux pas que… Une personne vous répondra dans le mois.
objection-enough = Vous avez déjà trois objections sans réponse. Une personne y répondra.
objection-noted = C'est noté, sous le n° { $number }. Une personne vous répondra dans le mois, en privé. La réponse sera aussi dans { $prefix }mesdonnees.
objection-came = Objection n° { $number } : quelqu'un s'oppose à un usage de ses données. À répondre avant le { $until }. Pour la lire, en privé : « objections ».
objection-answer = Réponse à votre objection n° { $number } : { $answer }
command-objections = objections
command-objections-help = lire les objections, et y répondre
objections-open =
    { $lines }
    Pour répondre : { $prefix }objections numéro réponse
objections-line = N° { $number }, avant le { $until } : { $words }
objections-none = Aucune objection n'attend de réponse. ({ $prefix }objections){ $lines }
objections-answered = La réponse à l'objection n° { $number } est partie.
objections-late = { $count ->
    [one] Une objection attend sa réponse depuis vingt jours : la loi donne un mois.
   *[other] { $count } objections attendent leur réponse depuis vingt jours : la loi donne un mois.
}
