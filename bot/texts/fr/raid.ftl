command-raid = raid
command-raid-help = quand trop d'inconnus arrivent d'un coup : faire patienter les nouveaux
raid-yes = oui yes on
raid-no = non no off
raid-began =
    🛡 Beaucoup d'inconnus arrivent d'un coup dans le cercle « { $circle } ». Par prudence, je fais patienter les nouveaux : leurs messages attendent une heure avant d'aller chez les voisins. Un message retiré pendant ce temps ne part pas.
    Je n'annonce plus les arrivées et je ne fais plus entrer personne. Les anciens ne remarquent rien.
    Cela s'arrête après { $minutes } minutes sans arrivée, ou par : { $prefix }raid non { $circle }
raid-began-by-hand =
    🛡 Quelqu'un de l'équipe fait patienter les nouveaux du cercle « { $circle } » : leurs messages attendent une heure avant d'aller chez les voisins.
    Cela s'arrête après { $minutes } minutes sans arrivée, ou par : { $prefix }raid non { $circle }
raid-over = 🛡 Le calme est revenu dans le cercle « { $circle } ». Les nouveaux n'attendent plus. Pour recommencer : { $prefix }raid oui { $circle }
raid-over-by-hand = 🛡 Quelqu'un de l'équipe a levé l'attente des nouveaux dans le cercle « { $circle } ». Pour recommencer : { $prefix }raid oui { $circle }
raid-stands-on = 🛡 Cercle « { $circle } » : les messages des nouveaux attendent une heure. Pour arrêter : { $prefix }raid non
raid-stands-off = Cercle « { $circle } » : tout est calme, les nouveaux n'attendent pas plus que d'habitude. Si trop d'inconnus arrivent d'un coup : { $prefix }raid oui
raid-which = Vous veillez sur plusieurs cercles : { $names }. Ajoutez le nom, par exemple : { $prefix }raid oui NOM
raid-nowhere = Vous ne veillez sur aucun cercle ici.
