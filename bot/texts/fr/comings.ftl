command-arrivees = arrivees arrivals
command-arrivees-help = annoncer ou non les arrivées et les départs chez les voisins
arrivees-yes = oui yes
arrivees-no = non no
arrivees-nowhere = Ce salon n'est relié à aucun autre.
arrivees-how-on = Les arrivées et les départs sont annoncés chez les voisins, en nombres. Pour arrêter : { $prefix }arrivees non
arrivees-how-off = Les arrivées et les départs ne sont pas annoncés. Pour les annoncer chez les voisins, en nombres : { $prefix }arrivees oui
arrivees-on = C'est noté. Les arrivées et les départs sont annoncés chez les voisins, en nombres, au plus toutes les dix minutes. Seuls ceux qui partagent leur nom sont nommés.
arrivees-off = C'est noté. Les arrivées et les départs ne sont plus annoncés.
comings-line = 🚪 { $where } : { $what }.
comings-at-telegram = groupe Telegram « { $title } »
comings-at-matrix = salon Matrix « { $title } »
comings-names = {" "}({ $names })
comings-joined = { $count ->
    [one] une personne est arrivée{ $names }
   *[other] { $count } personnes sont arrivées{ $names }
}
comings-left = { $count ->
    [one] une personne est partie{ $names }
   *[other] { $count } personnes sont parties{ $names }
}
