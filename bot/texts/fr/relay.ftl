answers-what-stayed = (en réponse à un message resté là-bas)
taken-away = [retiré]
not-delivered = Votre message n'a pas pu partir chez vos voisins de l'autre côté : { $why }
not-removed = Une copie de votre message n'a pas pu être retirée : { $why }
refused-gone = le message ou le salon n'existe plus.
refused-rights = je n'en ai pas le droit dans ce salon.
refused-kicked = je ne suis plus dans ce salon.
refused-too-long = il est trop long.
refused-too-late = le réseau n'a pas répondu pendant deux jours.
refused-topic-closed = le sujet est fermé.
refused-kept = le réseau ne permet plus de le retirer.
refused-unreachable = la personne ne peut pas être jointe.
refused-migrated = le groupe a changé d'adresse.
refused-defect = une erreur de notre côté ; elle est notée.
refused-refused = le réseau l'a refusé.
late = (en retard : ce message était chiffré, sa clé vient d'arriver)
forwarded-from = (transféré de { $origin })
poll = 📊 <b>{ $question }</b>
    { $options }
    <i>On vote là où la question est posée.</i>
poll-result = 📊 Le sondage est terminé.
    { $options }
poll-votes = { $count ->
    [one] { $count } voix
   *[other] { $count } voix
}
spot = 📍 { $title }
spot-nameless = un lieu
file-stayed = { $kind ->
    [photo] 🖼 a partagé une photo, restée là-bas
    [video] 🎬 a partagé une vidéo, restée là-bas
    [animation] 🎬 a partagé une animation, restée là-bas
    [round] 🎬 a partagé une vidéo, restée là-bas
    [voice] 🎤 a envoyé un message vocal, resté là-bas
    [audio] 🎵 a partagé un son, resté là-bas
    [sticker] a envoyé un autocollant, resté là-bas
   *[file] 📎 a partagé un fichier, resté là-bas
}
stays-here = Ceci reste ici : { $why }
shared-contact = 👤 a partagé un contact, resté là-bas
shared-live-location = 📍 partage sa position en direct, restée là-bas
shared-forwarded = ↪ a transféré le message de quelqu'un, resté là-bas
shared-story = a partagé une story, restée là-bas
shared-dice = 🎲 a lancé un dé
shared-game = 🎮 a partagé un jeu, resté là-bas
shared-gift = 🎁 a offert un cadeau
shared-paid-media = a partagé un contenu payant, resté là-bas
shared-checklist = a partagé une liste à cocher, restée là-bas
shared-other = a partagé quelque chose qui ne peut pas passer
stays-contact = le numéro d'une autre personne ne quitte jamais son groupe.
stays-live-location = une position en direct ne quitte jamais son groupe.
stays-forwarded = la personne qui a écrit ce message n'a pas été consultée.
stays-other = l'autre réseau n'a rien de pareil. Vos voisins voient seulement que vous avez partagé quelque chose.
refused-too-large = le fichier est trop lourd pour l'autre réseau.
refused-doubtful = personne ne sait s'il est arrivé ; il n'est pas envoyé deux fois.
refused-no-right = je n'ai pas le droit de faire cela dans ce salon.
refused-is-admin = cette personne administre le salon, ou y a autant de droits que moi.
refused-not-there = cette personne n'y est pas, ou sa demande n'attend plus.
refused-not-in-this-group = ce salon ne permet pas cette mesure.
