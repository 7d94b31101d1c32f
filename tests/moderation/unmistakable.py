"""Messages that nobody could mistake: one for each reason that weights decide, and some that have nothing to hide."""

# By what they are: the reason without its "reason-".
WEIGHED = {
    "advance": (
        "Studio à louer 350 €, je suis à l'étranger : versez la caution et un mois d'avance par mandat cash "
        "Western Union, pas de visite, je vous envoie les clés par courrier."
    ),
    "animals": (
        "Chiots chihuahua à adopter gratuitement, contre bons soins, il faut juste payer les frais de "
        "transport et de vaccins par PCS, 150 €, contact whatsapp 06 12 34 56 78"
    ),
    "bank": (
        "Service fraude de votre banque : une opération suspecte de 890 € est en cours. Rappelez votre "
        "conseiller bancaire au 01 23 45 67 89 et donnez votre code de sécurité pour l'annuler sous 1h."
    ),
    "buyer": (
        "Votre annonce m'intéresse, je paye via le service de livraison, paiement sécurisé : cliquez sur "
        "https://livraison-paiement.example.top pour recevoir l'argent et entrez votre carte bancaire."
    ),
    "charity": (
        "Collecte urgente pour les enfants malades : faites un don de 10 € par PayPal entre proches ou "
        "cagnotte https://don-enfants.example.top, partagez vite, que Dieu vous bénisse"
    ),
    "code": (
        "Bonjour, je t'ai envoyé par erreur un code de vérification WhatsApp, renvoie-moi vite le code à 6 "
        "chiffres reçu par sms, c'est urgent, mon compte est bloqué"
    ),
    "door": (
        "Je passe dans votre quartier jeudi, contrôle obligatoire du ramonage et diagnostic, démoussage de "
        "toiture, prix cassé aujourd'hui seulement, paiement en espèces 150 €, 06 12 34 56 78"
    ),
    "energy": (
        "Coupure imminente : votre compteur Linky doit être mis à jour, facture impayée, réglez sous 24h sur "
        "https://linky-paiement.example.top"
    ),
    "fine": (
        "Amende impayée : dernier avis avant majoration, réglez votre contravention de 35 € sur "
        "https://amendes-gouv.example.top sous 48h"
    ),
    "gift-card": (
        "Je suis en réunion, peux-tu m'acheter 4 cartes Google Play de 100 € au tabac et m'envoyer les codes "
        "en photo, je te rembourse ce soir"
    ),
    "health-card": (
        "Votre carte Vitale expire : renouvelez votre nouvelle carte Vitale sur "
        "https://ameli-renouvellement.example.top, sinon vos droits seront suspendus"
    ),
    "inheritance": (
        "Je suis une veuve atteinte d'un cancer en phase terminale, je veux faire don de mon héritage de 650 "
        "000 € à une personne honnête, écrivez à mon notaire maitre.x@don.example"
    ),
    "invest": (
        "Placement garanti : investissez 250 €, rendement de 12 % par mois sans risque, contactez mon "
        "conseiller sur whatsapp 06 12 34 56 78"
    ),
    "lottery": (
        "Félicitations vous avez gagné un iPhone 15 à la loterie ! Réclamez votre lot sur "
        "https://gagnant.example.top, frais de dossier 2 €, places limitées"
    ),
    "parcel": (
        "Votre colis est en attente : frais de douane de 1,99 € à régler sous 24h sur "
        "https://suivi-colis.example.top, dernier avis avant retour à l'expéditeur"
    ),
    "recruit": (
        "Emploi à domicile : likez des vidéos TikTok, gagnez 300 € par jour, sans expérience, contactez le "
        "RH sur whatsapp +33 6 12 34 56 78"
    ),
    "refund": (
        "Impôts : vous avez droit à un remboursement de 412 €, trop perçu, confirmez vos coordonnées "
        "bancaires sur https://impots-gouv.example.top sous 48h"
    ),
    "relative": (
        "Coucou maman, mon téléphone est cassé, c'est mon nouveau numéro, écris-moi sur whatsapp 06 12 34 56 "
        "78, peux-tu payer une facture urgente, je te rembourse demain"
    ),
    "romance": (
        "Bonjour ma chérie, je suis veuf, ingénieur sur une plateforme pétrolière, je cherche une femme "
        "sincère pour une relation sérieuse, écrivez-moi sur whatsapp 06 12 34 56 78"
    ),
    "support": (
        "Alerte : votre ordinateur est infecté par un virus et bloqué, vos données bancaires sont en danger, "
        "appelez immédiatement le support Microsoft au 01 23 45 67 89, un technicien agréé prend le contrôle "
        "avec AnyDesk ou TeamViewer"
    ),
    "survey": (
        "Enquête obligatoire de la mairie : chaque foyer qui répond au recensement reçoit une prime de 150 "
        "€, entrez votre carte bancaire et votre RIB sur https://recensement.example.top sous 48h"
    ),
    "training": (
        "Vos droits CPF expirent : utilisez le solde de votre compte CPF avant le 31, formation offerte avec "
        "ordinateur offert, appelez le 01 23 45 67 89"
    ),
    "video": (
        "C'est toi sur cette vidéo ? regarde vite https://video-choc.example.top, je vais l'envoyer à tous "
        "tes contacts si tu ne payes pas 500 € en bitcoin"
    ),
    "betting": (
        "Pronostics fiables, montante VIP, cote de 12, paris sportifs gagnants garantis, rejoignez le canal "
        "telegram @pronos_vip, 50 € offerts"
    ),
    "clairvoyant": (
        "Grand marabout voyant médium africain, don de naissance : retour de l'être aimé en 3 jours, "
        "désenvoûtement, chance aux jeux, argent, résultat garanti 100 %, consultation gratuite au 06 12 34 "
        "56 78"
    ),
    "crypto": (
        "Signaux crypto et trading : mon bot de trading rapporte 300 € par jour, bitcoin, gains garantis, "
        "dépôt minimum 100 €, écrivez-moi sur telegram @crypto_vip"
    ),
    "drugs": ("Weed, shit, coke dispo, livraison rapide 7j/7, meilleurs prix 10g 50 €, snap ou telegram @livreur_vert"),
    "escort": (
        "Escort sexy de passage, massage érotique, photos coquines, plan cul ce soir, discrétion assurée, "
        "écrivez-moi sur whatsapp 06 12 34 56 78"
    ),
    "firm": (
        "Notre entreprise de serrurerie et plomberie, devis gratuit, intervention 24h/24, artisan agréé, "
        "meilleur prix, appelez le 01 23 45 67 89"
    ),
    "followers": (
        "Achetez 1000 abonnés Instagram et likes pour 10 €, boostez votre compte TikTok, garanti, "
        "https://abonnes.example.top, écrivez en mp"
    ),
    "invite": (
        "Rejoignez mon nouveau canal telegram VIP gratuit, cliquez vite sur le lien https://t.me/canal_vip, "
        "places limitées"
    ),
    "iptv": (
        "Abonnement IPTV 12 mois 50 €, toutes les chaînes, Canal, Netflix, VOD, matchs, test gratuit, "
        "whatsapp 06 12 34 56 78"
    ),
    "loan": (
        "Offre de prêt entre particuliers de 5 000 € à 150 000 €, taux de 2 %, sans banque, personnes "
        "sérieuses, contactez-moi sur whatsapp 06 12 34 56 78"
    ),
    "mlm": (
        "Opportunité unique : rejoins mon équipe de vente directe, marketing de réseau, revenu "
        "complémentaire garanti, devenez conseillère, contacte-moi en mp"
    ),
    "papers": (
        "Vente de permis de conduire et de diplômes enregistrés à la préfecture, carte d'identité, sans "
        "passer l'examen, 800 €, contact whatsapp 06 12 34 56 78"
    ),
    "pills": (
        "Viagra, Cialis, Ozempic, Tramadol sans ordonnance, 50 € la boîte, livraison discrète, commandez sur "
        "whatsapp 06 12 34 56 78"
    ),
    "remedy": (
        "Remède miracle naturel : guérit le diabète, le cancer et la prostate en quelques jours, plantes, 49 "
        "€, commandez sur https://remede.example.top"
    ),
    "renovation": (
        "Isolation à 1 €, panneaux solaires et pompe à chaleur gratuits, aides de l'État, vérifiez votre "
        "éligibilité, dernière chance, https://prime-renov.example.top"
    ),
    "shop": (
        "Vente flash : sneakers Nike à 39 € au lieu de 189 €, stock limité, livraison offerte, code promo "
        "10, commandez sur https://boutique.example.shop"
    ),
    "slimming": (
        "Perdez 10 kg en 3 semaines sans régime ni sport, brûle-graisse minceur 100 % naturel, ventre plat, "
        "résultat garanti, https://minceur.example.top"
    ),
    "hate": (
        "Les migrants envahissent le quartier, les étrangers profitent et les arabes sont tous des "
        "terroristes, remigration, leur race n'a rien à faire ici"
    ),
    "insult": "Tu es un gros connard, espèce de salope, ferme ta gueule",
    "rumour": (
        "Le voisin du 12 est un pédophile, il sort de prison, on dit que ce pervers touche les petites "
        "filles, et sa salope de femme couche avec le facteur, tout le monde le sait"
    ),
    "sexual": ("Je te vois par la fenêtre quand tu te changes, tes seins et ton petit cul dans ton short, ma jolie"),
    "slur": "Sale arabe, sale bougnoule, sales juifs, youpins, sales gitans, bande de négros",
    "threat": "Je vais te tuer, je vais te crever, je sais où tu habites, je vais te retrouver",
    "violence": ("Il faut foutre le feu à leur camp et les tabasser, il faut les brûler, les pendre, les crever tous"),
}
# By the check that might take them for something else.
PASSED = {
    "swindles": (
        "Le livreur a laissé un colis pour le 12 chez moi, passez quand vous voulez.",
        "Attention, arnaque : un faux conseiller bancaire appelle en ce moment, ne donnez jamais vos codes !",
        "La banque de la place est fermée lundi, le distributeur marche.",
        "Coucou maman, je rentre vers 18 h, à ce soir !",
        "Perdu chat gris rue des Lilas, appelez-moi si vous le voyez, merci.",
    ),
    "offers": (
        "Quelqu'un connaît un plombier sérieux pour une fuite ?",
        "Je prête mon échelle à qui veut, elle est dans la cour.",
        "Vide-grenier dimanche place de l'église, 2 € l'entrée, venez nombreux !",
        "Le match est à 21 h, on le regarde au café ?",
    ),
    "abuse": (
        "Quel temps de merde, vivement dimanche !",
        "Le réveil n'a pas sonné, quelle galère, j'ai encore raté le bus.",
        "On m'a dit « sale con » dans le bus hier, ça fait mal d'entendre ça.",
        "Merci à tous pour votre aide, vous êtes formidables.",
    ),
}
