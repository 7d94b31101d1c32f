command-charte = charte charter
command-charte-help = lire la charte du cercle, et l'accepter
charter-type-yes = oui yes accepte accept
charter-type-no = non no
charter-type-write = ecrire écrire write
charter-type-own = origine original
charter-type-entry = entree entrée entry
charter-type-question = question
charter-type-admit = admettre admit
charter-type-decline = refuser decline
charter-title = <b>La charte du cercle « { $circle } »</b>
charter-own =
    Bienvenue ! Ici, on se parle entre voisins :
    • On reste courtois, même quand on n'est pas d'accord.
    • On demande avant de donner le nom, l'adresse ou la photo de quelqu'un.
    • On vérifie avant d'alerter, et on corrige quand on s'est trompé.
    • On laisse la publicité et les arnaques dehors.
    • Un message vous gêne ? Répondez-y par { $prefix }abus : un modérateur le lira.
charter-page = { $page }
charter-new =
    📜 La charte du cercle a changé. Rien à faire si elle vous convient ; vous pouvez aussi l'accepter ici.
    { $page }
charter-accept = J'accepte
charter-accept-typed = Pour l'accepter, écrivez ici : { $prefix }charte oui
charter-accepted = ✅ Vous l'avez acceptée.
charter-thanks = Merci, c'est noté. Bienvenue dans le cercle « { $circle } » !
charter-taken-back = C'est noté : vous n'acceptez plus la charte. Rien d'autre ne change pour vous.
charter-newer = La charte a changé depuis. La voici.
charter-nowhere = Je ne vous connais dans aucun cercle. Écrivez cette commande dans le groupe de votre quartier.
charter-where = Vous veillez sur plusieurs cercles. Écrivez cette commande dans le groupe du cercle voulu.
charter-how =
    Vous pouvez la changer :
    { $prefix }charte écrire, puis le texte
    { $prefix }charte origine : revenir au texte d'origine
    { $prefix }charte entrée oui, ou non : la faire lire à ceux qui demandent à entrer
    { $prefix }charte question, puis la question : ce que vous leur demandez
charter-write-how = Écrivez { $prefix }charte écrire, puis le texte, { $most } caractères au plus.
charter-written = C'est noté. La charte du cercle « { $circle } » en est à sa version { $version }. Chaque groupe du cercle la lit une fois, sans sonnerie.
charter-door = 👋 Vous demandez à entrer dans le cercle « { $circle } ». Voici sa charte :
charter-enter = J'accepte, j'entre
charter-entered = C'est déjà fait, ou votre demande n'est plus là.
charter-later = Beaucoup de monde arrive en ce moment. Réessayez dans une heure, votre demande reste là.
charter-question =
    Merci. Encore une question, et quelqu'un vous ouvrira :
    { $question }
    Répondez ici, en quelques mots. Seule l'équipe du cercle lira votre réponse. Je l'efface dès que c'est décidé, ou au bout de 7 jours.
charter-answer-in-words = Répondez en quelques mots, s'il vous plaît : je ne sais pas transmettre autre chose.
charter-answered = Merci. L'équipe du cercle a votre réponse et décide. Je l'efface ensuite.
charter-decide =
    🚪 { $name } demande à entrer dans le cercle « { $circle } » et a accepté la charte. Réponse à votre question :
    <blockquote>{ $answer }</blockquote>
    Ces mots sont pour vous seuls. Je les retire dès que c'est décidé.
charter-decide-unasked = 🚪 { $name } demande à entrer dans le cercle « { $circle } ». Je n'ai pas pu lui écrire pour lui montrer la charte.
charter-decide-typed = {" "}Pour décider : { $prefix }charte admettre { $id } ou { $prefix }charte refuser { $id }
charter-admit = Laisser entrer
charter-decline = Refuser
charter-decided = C'est déjà décidé.
charter-decided-yes = C'est fait : la porte est ouverte.
charter-decided-no = C'est fait : la demande est refusée.
charter-welcome = 👋 L'équipe vous ouvre la porte du cercle « { $circle } ». Bienvenue !
charter-declined = L'équipe du cercle « { $circle } » n'a pas accepté votre demande. J'ai effacé votre réponse.
charter-shut-yes = Je n'ai pas pu laisser entrer quelqu'un dans le cercle « { $circle } » : { $why } Vous pouvez le faire vous-même, dans les demandes du groupe.
charter-shut-no = Je n'ai pas pu refuser une demande d'entrée dans le cercle « { $circle } » : { $why } Vous pouvez le faire vous-même, dans les demandes du groupe.
charter-entry-on = C'est noté. Qui demande à entrer dans le cercle « { $circle } » lit d'abord la charte. L'accepter fait entrer, ou mène à votre question.
charter-entry-off = C'est noté. Je laisse les demandes d'entrée du cercle « { $circle } » à ceux qui administrent le groupe.
charter-entry-how = Écrivez { $prefix }charte entrée oui, ou { $prefix }charte entrée non.
charter-question-on =
    C'est noté. Qui demande à entrer dans le cercle « { $circle } » lit la charte, puis cette question :
    { $question }
    L'équipe reçoit la réponse en privé, et décide.
charter-question-off = C'est noté. Le cercle « { $circle } » ne pose plus de question.
charter-question-how = Écrivez { $prefix }charte question, puis la question, { $most } caractères au plus. Pour ne plus en poser : { $prefix }charte question non
