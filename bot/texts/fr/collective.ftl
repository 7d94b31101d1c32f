command-groupe = groupe group
command-groupe-help = choisir si les messages signés du groupe passent aussi
groupe-yes = oui yes
groupe-no = non no
groupe-nowhere = Ce salon n'est relié à aucun autre.
groupe-how = Écrivez { $prefix }groupe oui ou { $prefix }groupe non. En réponse à un message d'une chaîne, cela vaut pour cette chaîne.
groupe-noted-named = C'est noté. Ce qui est écrit au nom de « { $name } » passe aussi chez les voisins.
groupe-noted-no = C'est noté. Ce qui est écrit au nom de « { $name } » reste ici.
