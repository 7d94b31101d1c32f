command-oublier = oublier forget
command-oublier-help = tout effacer de vous, ici et de l'autre côté
oublier-word = oui yes
oublier-yes = Oui, tout effacer
oublier-no = Ne rien effacer
oublier-ask =
    J'effacerai vos décisions, vos rôles, et vos messages qui ont été copiés : ici et dans les salons reliés. Rien ne pourra les ramener.
    Le faire ?{ $how }
oublier-type = {" "}Alors écrivez : { $prefix }oublier oui
oublier-kept = Rien n'a été effacé.
forgotten =
    C'est fait pour votre compte { $network }.
    { $copies ->
        [0] Je ne connaissais aucune copie de vos messages.
        [one] Une copie est en train d'être retirée, avec son original.
       *[other] { $copies } copies sont en train d'être retirées, avec leurs originaux.
    }{ $reactions ->
        [0] {""}
        [one] {" "}Une réaction n'est plus montrée.
       *[other] {" "}{ $reactions } réactions ne sont plus montrées.
    }
    <b>Ce que je ne peux pas défaire</b>
    Ce qui a été copié il y a plus de 30 jours : je ne sais plus où c'est. Ce qui n'a jamais quitté votre salon : retirez-le vous-même. Les autres serveurs Matrix sont seulement priés d'effacer. Une vieille copie sur Telegram devient « [retiré] ». Ce que des voisins ont noté ou photographié leur reste.
    Les sauvegardes l'oublient en { $days } jours. Si une copie résiste, je vous le dirai.{ $stays }
stays-kept = Reste : { $what } ({ $kept }).
