someone = Quelqu'un · { $circle } { $number }
not-yours = Cette commande ne vous est pas ouverte ici.
broken = Quelque chose s'est mal passé de notre côté. Si cela se répète, donnez cette référence à la mairie : { $reference }
