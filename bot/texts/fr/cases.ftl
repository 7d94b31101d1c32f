command-moderation = moderation
command-moderation-help = voir ce qui attend ; « ici » : montrer les cas dans ce salon ; « essai » : essayer sans agir
moderation-here = ici here
moderation-dry = essai essais dry
moderation-how = { $prefix }moderation : ce qui attend. { $prefix }moderation ici : montrer les cas dans ce salon. { $prefix }moderation essai : ce qui est seulement essayé.
desk-elsewhere = Les cas montrent les mots des gens. Il leur faut un salon à part, réservé aux modérateurs, qui n'est relié à aucun autre.
desk-which = Pour quel quartier, ou quelle commune ? Écrivez { $prefix }moderation ici, puis un nom : { $places }
desk-linked = C'est noté. Les cas de « { $place } » arrivent désormais ici. Les modérateurs gardent le silence sur ce qu'ils lisent. { $prefix }moderation montre ce qui attend.
queue-empty = Rien n'attend.
queue =
    { $count ->
        [one] Un cas attend :
       *[other] { $count } cas attendent :
    }
    { $lines }
    Pour en voir un : { $prefix }cas, puis son numéro.

command-cas = cas case
command-cas-help = voir un cas, ou en décider : cas 12 retirer
cas-how =
    { $prefix }cas 12 montre le cas. Pour décider, ajoutez un mot : laisser, garder, retirer, avertir, muet, exclure. Ce qui suit est votre raison.
    { $prefix }cas 12 annuler revient sur la décision. Pour un recours : { $prefix }cas 12 lever, ou maintenir.
as-it-is = { $words }
verb-typed-pass = laisser passer pass ok
verb-typed-keep = garder keep
verb-typed-remove = retirer remove
verb-typed-warn = avertir warn
verb-typed-mute = muet mute
verb-typed-ban = exclure ban
verb-typed-undo = annuler undo
verb-typed-lift = lever lift
verb-typed-uphold = maintenir uphold
verb-pass = Laisser passer
verb-keep = Garder ici
verb-remove = Retirer
verb-warn = Avertir
verb-mute = Retirer, { $step }
verb-ban = Retirer et exclure
verb-lift = Lever la décision
verb-uphold = Maintenir
case-head-held = ⏸ <b>Cas { $number }</b> · { $circle } · retenu par le filtre
case-head-reported = 🚩 <b>Cas { $number }</b> · { $circle } · signalé
case-head-acted = 🛠 <b>Cas { $number }</b> · { $circle } · ouvert par un modérateur
case-who = { $name } · { $network }
case-found = Trouvé : { $grounds }
case-reports = { $count ->
    [one] Une personne l'a signalé.
   *[other] { $count } personnes l'ont signalé.
}
case-offered = { $before ->
    [0] Aucune décision avant. Proposé : { $step }.
    [one] Une décision avant. Proposé : { $step }.
   *[other] { $before } décisions avant. Proposé : { $step }.
}
case-how = Pour décider : { $prefix }cas { $number } laisser, garder, retirer, avertir, muet ou exclure.
case-undo = Pour revenir dessus : { $prefix }annuler { $number }
case-unknown = Ce cas n'existe pas.
case-done = C'est fait.
case-decided = Quelqu'un d'autre a déjà décidé.
case-own = Ce cas vous concerne : un autre modérateur doit décider.
case-exempt = Cette personne a un rôle ici. Parlez-en à qui le lui a donné.
case-nobody = Je ne sais plus de qui il s'agit. Répondez à un message récent de cette personne.
step-warn = avertir
step-mute = { $days ->
    [0] muet { $hours } h
    [one] muet 1 jour
   *[other] muet { $days } jours
}
step-ban = exclure
step-remove = retirer
outcome-passed = ✅ Classé sans suite.
outcome-acted = ☑️ Décidé.
outcome-withdrawn = Classé : l'auteur a retiré son message.
outcome-expired = ⌛ Classé : personne n'a pu regarder en deux jours, le message est resté dans son salon.
results = { $waits ->
    [0] Fait dans { $went } salons sur { $all }.
   *[other] Fait dans { $went } salons sur { $all }, en cours dans { $waits }.
}
result-failed = ⚠️ { $chat } : { $why }
log-undone = ↩️ Annulé le { $at } : { $act }
act-release = laissé passer
act-withhold = gardé dans son salon
act-warn = averti
act-remove = retiré
act-mute = muet
act-ban = exclu
act-lock = verrouillé
act-clear = réactions retirées

done-release = Le message est passé.
done-withhold = Le message reste dans son salon. Il n'est pas passé chez les voisins.
done-warn = C'est un avertissement.
done-remove = Le message est retiré de tous les salons du cercle.
done-mute = Plus de messages dans ce cercle, jusqu'à nouvel ordre.
done-mute-until = Plus de messages dans ce cercle, jusqu'au { $until }.
done-ban = Exclusion des salons de ce cercle.
done-lock = Personne ne peut écrire dans les salons du cercle, sauf leurs administrateurs.
done-clear = Les réactions de cette personne sont retirées.

command-avertir = avertir warn
command-avertir-help = en réponse à un message : avertir son auteur, en privé
command-retirer = retirer remove
command-retirer-help = en réponse à un message : le retirer de tous les salons
command-muet = muet mute
command-muet-help = en réponse à un message : son auteur n'écrit plus pendant 1 h, ou la durée donnée : 30min, 2h, 3j
command-exclure = exclure ban
command-exclure-help = en réponse à un message : exclure son auteur du cercle
command-nettoyer = nettoyer clear
command-nettoyer-help = en réponse à un message : retirer toutes les réactions de son auteur
command-verrouiller = verrouiller lock
command-verrouiller-help = fermer les salons du cercle, jusqu'à ce que ce soit annulé
command-annuler = annuler undo
command-annuler-help = revenir sur une décision : annuler 12, ou en réponse à un message
act-how = Répondez au message par cette commande, ou donnez le numéro du cas. Si le message a plus de deux jours, je ne sais plus de qui il est.
lock-nowhere = Ce salon n'est relié à aucun autre.
lock-already = C'est déjà verrouillé. Pour rouvrir : { $prefix }annuler { $number }
acted =
    <b>Cas { $number }</b>
    { $lines }
final-remove = Un message retiré ne revient pas lui-même. Si vous annulez, je peux le redire, tant que j'en garde le texte.
final-ban = Après une annulation, la personne devra revenir d'elle-même dans les salons.
final-clear = Des réactions retirées ne reviennent pas.
undo-how = Dites-moi quel cas : { $prefix }annuler 12, ou répondez au message.
undo-nothing = Il n'y a plus rien à annuler dans le cas { $number }.
undo-done =
    Cas { $number }, annulé :
    { $lines }
taken-back-release = Les copies sont retirées. Le message reste dans son salon.
taken-back-withhold = Le message passe chez les voisins, si son auteur partage ses messages.
taken-back-withhold-gone = Le texte du message n'est plus gardé : il ne passera pas.
taken-back-warn = L'avertissement ne compte plus.
taken-back-remove = Le message lui-même ne revient pas. Je le redis.
taken-back-remove-gone = Le message ne revient pas, et son texte n'est plus gardé : je ne peux pas le redire.
taken-back-mute = La personne peut de nouveau écrire, si rien d'autre ne l'en empêche.
taken-back-ban = La personne peut revenir. Elle doit le faire d'elle-même.
taken-back-lock = Les salons sont rouverts.
taken-back-clear = Des réactions retirées ne reviennent pas : les gens peuvent les remettre.
undone =
    La décision { $number } est annulée. Veuillez nous excuser.
    { $lines }
undone-release = Votre message n'est plus chez les voisins.
undone-withhold = Votre message passe chez vos voisins, si vous partagez vos messages.
undone-withhold-gone = Le texte de votre message n'est plus gardé : vous pouvez l'écrire à nouveau.
undone-warn = L'avertissement ne compte plus.
undone-remove = Un message retiré ne revient pas lui-même : je l'ai redit.
undone-remove-gone = Votre message ne revient pas, et son texte n'est plus gardé : vous pouvez l'écrire à nouveau.
undone-mute = Vous pouvez de nouveau écrire.
undone-ban = Vous pouvez revenir dans les salons, par le lien habituel.
undone-lock = Les salons sont rouverts.
undone-clear = Vous pouvez remettre vos réactions.
said-again = ↩️ Ce message de { $name } avait été retiré par erreur :
said-again-nameless = ↩️ Un message avait été retiré par erreur :

nudge = Un mot entre nous. Dans votre message, quelque chose gêne parfois ici : { $ground }. Rien n'a été fait, vous pouvez le modifier si vous voulez.
held = ⏸ Votre message est bien là, dans ce salon. Avant qu'il passe chez les voisins, un modérateur le regarde. Raison : { $ground }. C'est le filtre qui hésite, il peut se tromper. Nous vous répondrons ici. (Cas { $number })
held-released = ✅ Un modérateur a lu votre message : tout va bien, il passe chez les voisins. Merci de votre patience.
held-expired = Personne n'a pu regarder votre message en deux jours. Il est resté dans ce salon. Vous pouvez l'écrire autrement.

command-abus = abus report signaler
command-abus-help = en réponse à un message : le signaler aux modérateurs, sans que personne sache que c'est vous
abus-how = Répondez par cette commande au message qui pose problème. Personne ne saura que c'est vous.
abus-unknown = Je ne retrouve pas ce message : il est trop ancien, ou c'est moi qui l'ai écrit. Parlez-en à un modérateur.
abus-own = C'est votre propre message. Pour le retirer, répondez-lui : { $prefix }effacer
abus-enough = Vous avez déjà beaucoup signalé aujourd'hui. Les modérateurs regardent. Si c'est urgent, appelez le 17 ou le 112.
abus-thanks = Merci. Un modérateur va regarder. Personne ne saura que c'est vous, et vous aurez la réponse ici. (Cas { $number })
reported-passed = Vous aviez signalé un message (cas { $number }). Un modérateur l'a lu : il reste en place. Merci d'avoir veillé.
reported-acted = Vous aviez signalé un message (cas { $number }). Un modérateur a agi. Merci d'avoir veillé.
reported-withdrawn = Vous aviez signalé un message (cas { $number }). Son auteur l'a retiré. Merci d'avoir veillé.
reported-expired = Vous aviez signalé un message (cas { $number }). Personne n'a pu regarder à temps. Parlez-en à un modérateur.

statement =
    <b>Décision { $number }, et ses raisons</b>
    { $lines }
statement-decision = Décision :
statement-territory = Où :
statement-where = les salons du cercle « { $circle } », sur Telegram et sur Matrix
statement-ground = Règle :
statement-words = Précision :
statement-facts = Message concerné :
statement-source = Origine :
statement-automated = Machine :
statement-appeal = Recours :
statement-how = gratuit, jusqu'au { $last }. Répondez à ce message, ou écrivez-moi en privé : { $prefix }recours { $number }, puis vos raisons. Une autre personne décidera.
source-held = le filtre du bot
source-reported = { $count ->
    [one] un signalement
   *[other] { $count } signalements
}
source-acted = un modérateur, de sa propre initiative
automated-yes = un filtre a retenu le message, puis une personne a décidé
automated-no = aucune, une personne a décidé

ground-charter = les règles de vie du cercle
ground-reported = un message signalé, contraire aux règles de vie du cercle

command-recours = recours appeal
command-recours-help = contester une décision qui vous concerne : recours 12, puis vos raisons
recours-how = Donnez le numéro de la décision, puis vos raisons : { $prefix }recours 12 ...
recours-unknown = Je ne trouve pas de décision de ce numéro qui vous concerne.
recours-nothing = Il n'y a rien à contester : cette décision ne tient plus, ou il n'y en a pas eu.
recours-late = Le délai de six mois est passé.
recours-twice = Votre recours est déjà noté. Une autre personne que celle qui a décidé le lira.
recours-noted = Votre recours contre la décision { $number } est noté. Une autre personne que celle qui a décidé le lira. Vous aurez la réponse ici.
appeal-head = ⚖️ <b>Recours, cas { $number }</b> · { $circle }
appeal-says = La personne répond :
appeal-type = Pour répondre : { $prefix }cas { $number } lever, ou { $prefix }cas { $number } maintenir. Qui a décidé ne répond pas au recours.
appeal-not-by-you = Vous avez pris cette décision : une autre personne doit répondre au recours.
appeal-open = ⚖️ Un recours attend.
appeal-lifted = ⚖️ Recours accepté : la décision est levée.
appeal-upheld = ⚖️ Recours rejeté : la décision est maintenue.
upheld = Votre recours contre la décision { $number } a été lu par une autre personne. La décision est maintenue. Vous pouvez aussi saisir la mairie, ou un tribunal.

command-expliquer = expliquer explain
command-expliquer-help = en réponse à un message : ce que le filtre en pense, et pourquoi
expliquer-how = Répondez au message par cette commande. Vous pouvez le faire pour vos propres messages. Je ne garde pas les anciens.
explain =
    Décision du filtre : <b>{ $decision }</b>. Sans les essais : { $would }.
    { $lines }
    Réglages : { $policy }
explain-nothing = Le filtre ne trouve rien à redire. Réglages : { $policy }
explain-line = • { $check } : { $ground } → { $step } { $found }{ $tried }
explain-dry = {" (à l'essai)"}
decision-pass = laisser passer
decision-nudge = un mot en privé
decision-hold = retenir
decision-hide = proposer de retirer
decision-mute = proposer de rendre muet
decision-ban = proposer d'exclure

dry-yes = oui yes
dry-no = non no
dry-on = C'est noté : à partir de maintenant, c'est seulement compté. Pour voir les nombres : { $prefix }moderation essai
dry-off = C'est noté : l'essai est fini, le filtre agit.
dry-none = Rien n'est à l'essai. Pour essayer : { $prefix }moderation essai oui, ou { $prefix }moderation essai oui, puis le nom d'une vérification.
dry-stands =
    À l'essai, ces sept derniers jours :
    { $lines }
    Pour finir : { $prefix }moderation essai non
dry-line = • { $check } : { $count ->
    [0] rien
    [one] un message aurait été touché
   *[other] { $count } messages auraient été touchés
}

command-regle = regle rule
command-regle-help = voir ou changer ce que le filtre de ce cercle retient
rule-denied-domains = domaine.interdit domaines.interdits denied_domains
rule-allowed-domains = domaine.permis domaines.permis allowed_domains
rule-words = mot mots words
rule-where = Écrivez cela dans un salon relié.
rule-how = Par exemple : { $prefix }regle domaine.interdit +exemple.com ou { $prefix }regle newcomer_delay 60
rule-changed = C'est noté pour ce cercle : { $name } { $value }
rule-wrong = Cela ne va pas : { $why }. Pour voir les noms et les valeurs : { $prefix }regle
rule-stands =
    Réglages de ce cercle ({ $policy }) :
    { $lines }
    Pour en changer un : { $prefix }regle, son nom, sa valeur.

command-journal = journal log
command-journal-help = voir ce que les modérateurs ont décidé, sans noms
journal =
    Les dernières décisions :
    { $lines }
journal-empty = Rien n'a été décidé.
journal-line = <b>{ $number }</b> · { $at } · { $what } { $ground } · { $by }{ $marks }
journal-you = par vous
journal-other = par { $code }
journal-machine = trouvé par le filtre
journal-undone = annulé
