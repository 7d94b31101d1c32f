someone = Quelqu'un · { $circle } { $number }
not-yours = Cette commande ne vous est pas ouverte ici.
broken = Quelque chose s'est mal passé de notre côté. Si cela se répète, donnez cette référence à la mairie : { $reference }
stopped-telegram-token = Telegram ne connaît plus le jeton du bot. Demandez-le à @BotFather (/token), mettez-le dans le fichier telegram.token, puis redémarrez Palier.
stopped-telegram-second = Un autre programme relève les messages de ce bot. Arrêtez-le, ou faites faire par @BotFather un nouveau jeton (/revoke) que seul Palier connaît ; puis redémarrez Palier.
stopped-matrix-login = Le serveur Matrix n'accepte pas la session ou le mot de passe du bot. Mettez le bon mot de passe dans le fichier matrix.password, arrêtez Palier, tapez palier login, puis redémarrez-le.
stopped-closing = Palier est en train de s'arrêter.
