register-file-register = registre.md
register-file-notice = information.md
register-file-impact = analyse-impact.md
register-file-contract = sous-traitance.md
register-made = Ce document est fait par « palier register » d'après la déclaration des finalités du logiciel. Les blancs « ______ » sont à remplir par une personne. Refaites-le après une mise à jour.
register-who =
    - Responsable du traitement : { $town_hall }, pour { $commune } (quartiers : { $places })
    - Adresse, courriel, téléphone : ______
    - Représentant du responsable : ______
    - Délégué à la protection des données, et comment le joindre : ______
register-basis-commune = commune
register-basis-association = association
register-basis-note = Une association qui s'appuie sur 6(1)(f) écrit sa mise en balance : ______
register-never = aucune : interdit et non fait
register-head = | donnée | pour quoi | base (RGPD) | gardée | vue par | reprise par | copies ailleurs |
register-title-register = # Registre des activités de traitement (RGPD, article 30)
register-register =
    ## Le traitement

    - Nom : relier les salons de discussion d'un quartier (Telegram, Matrix), avec Palier
    - Mis en service le : ______
    - Personnes concernées : les habitants qui écrivent dans un salon relié, ceux qui tiennent un rôle

    ## Finalités, données, durées
register-register-after =
    ## Destinataires

    - Les membres des salons reliés : ce que l'auteur a accepté de partager, sous le nom qu'il a choisi
    - Telegram, et les serveurs Matrix des participants : responsables de leur propre traitement
    - L'hébergeur de Palier, sous contrat (article 28) : ______
    - Les ambassadeurs et modérateurs, sous l'autorité du responsable

    ## Transferts hors de l'Union

    Telegram est établi hors d'Europe. Un message de Matrix n'y est copié qu'après un accord qui le dit (article 49(1)(a)).
    Le délégué à la protection des données en décide et le consigne : ______
    Un cercle peut rester sur Matrix seul.

    ## Mesures de sécurité (article 32)

    - Identifiants et textes scellés (AES-256-GCM), clé hors de la base ; recherche par empreinte à clé (HMAC-SHA-256)
    - Rien ne quitte un salon sans l'accord de son auteur : contrôlé à la mise en file, puis à l'envoi
    - Textes effacés { $text } jours après la remise ; ce qui est supprimé est écrasé (SQLite secure_delete)
    - Sauvegardes sans la clé, effacées après { $backups } jours dans leur dossier
    - Journal technique sans texte ni nom, gardé { $log } jours (à régler dans le système : ______)
    - Changement de clé : palier rotate-key
    - Accès à la machine : ______
register-title-notice = # Ce qui est fait de vos données (RGPD, article 13)
register-notice =
    Rien de vous ne quitte votre salon avant votre oui. Ne rien dire, c'est non. Refuser ne change rien pour vous. Les nouvelles de la mairie, l'agenda, l'aide et vos droits ne dépendent pas de votre accord.
register-notice-after =
    ## Qui reçoit vos messages

    Les membres des salons reliés, si vous avez dit oui. Telegram est établi hors d'Europe ; les serveurs Matrix des participants peuvent l'être.

    ## Vos droits

    - Voir tout, et l'emporter dans un fichier : /mesdonnees (articles 15 et 20)
    - Voir ce que vous avez décidé : /consentements
    - Changer d'avis, aussi simplement que vous avez dit oui : /relais, /photos (article 7(3))
    - Retirer un message : /effacer, en réponse à ce message
    - Être oublié : /oublier (article 17)
    - Vous opposer : /objection ; une personne répond dans le mois (article 21)
    - Corriger : votre nom est toujours celui que vous affichez (article 16)
    - Vous plaindre : à la CNIL, cnil.fr

    Aucune machine ne vous sanctionne seule : au plus, elle retient un message jusqu'à ce qu'une personne décide (article 22).
    Avant 15 ans, un parent doit être d'accord.
register-title-impact = # Analyse d'impact relative à la protection des données (RGPD, article 35)
register-impact =
    ## Description

    Un bot copie des messages entre les salons d'un même quartier, quand leur auteur l'a accepté. Il transmet aussi les annonces de la mairie.

    - Nombre de salons et d'habitants concernés : ______
    - Pourquoi une analyse est faite, ou non (listes de la CNIL) : ______
register-impact-after =
    ## Nécessité et proportion

    - Ne rien faire, c'est non. L'accord est donné par personne, par cercle et par usage.
    - Les mots restent { $text } jours au plus dans la base, scellés ; la liste des copies { $map } jours.
    - Aucun numéro de téléphone, aucune position en direct, aucun contact n'est relayé ni gardé.
    - Aucun classeur automatique n'est entraîné sur ce que les gens écrivent.
    - Avis du responsable : ______

    ## Risques et mesures

    | risque | gravité | vraisemblance | mesure | reste |
    | --- | --- | --- | --- | --- |
    | la base est volée | ______ | ______ | identifiants et textes scellés, clé ailleurs, durées courtes | ______ |
    | la clé est vue | ______ | ______ | palier rotate-key, sauvegardes effacées après { $backups } jours | ______ |
    | un message part sans accord | ______ | ______ | contrôle unique à la sortie, deux fois ; essayé avec chaque fonction | ______ |
    | une copie ne peut plus être retirée | ______ | ______ | la personne l'apprend ; dit avant l'accord | ______ |
    | un voisin se fait passer pour la mairie | ______ | ______ | noms imités remplacés, première ligne protégée | ______ |
    | un mineur accepte seul | ______ | ______ | l'accord dit « 15 ans et + » | ______ |
    | une personne parle de la santé d'une autre | ______ | ______ | signalement, /effacer, aucune déduction | ______ |
    | la base est perdue | ______ | ______ | palier backup, essai de restauration le ______ | ______ |

    ## Avis

    - Personnes concernées, ou leurs représentants (article 35(9)) : ______
    - Délégué à la protection des données (article 35(2)) : ______
    - Décision, date, signature : ______
register-title-contract = # Contrat de sous-traitance (RGPD, article 28)
register-contract =
    Entre { $town_hall } (« le responsable ») et ______ (« le sous-traitant »), qui héberge Palier.

    ## Objet, durée, nature (article 28(3))

    - Objet : héberger et entretenir Palier pour { $commune }
    - Durée : du ______ au ______
    - Personnes concernées : les habitants des salons reliés
    - Données et durées :
register-contract-after =
    ## Le sous-traitant

    - (a) ne traite les données que sur instruction écrite du responsable, transferts hors de l'Union compris ;
    - (b) veille à ce que ceux qui ont accès à la machine gardent le secret ;
    - (c) prend les mesures de l'article 32 : disque chiffré, mises à jour, accès nominatifs, clé à part des sauvegardes ;
    - (d) ne recrute un autre sous-traitant qu'avec l'accord écrit du responsable : ______ ;
    - (e) aide à répondre aux demandes : /mesdonnees, /oublier et /objection le font pour l'essentiel ;
    - (f) aide à la sécurité, aux notifications de violation (sous ______ heures) et à l'analyse d'impact ;
    - (g) à la fin, rend une sauvegarde et sa clé, ou efface tout : palier forget --commune, puis les sauvegardes ;
    - (h) tient à disposition ce qui prouve tout cela, et permet des audits.

    Fait à ______, le ______

    Pour le responsable : ______

    Pour le sous-traitant : ______
