command-groupe = groupe group
command-groupe-help = choose whether messages in the group's own name cross too
groupe-yes = oui yes
groupe-no = non no
groupe-nowhere = This chat is not linked to any other.
groupe-how = Write { $prefix }group yes or { $prefix }group no. In answer to a channel's message, it is about that channel.
groupe-noted-named = Noted. What is written in the name of “{ $name }” goes to the neighbours too.
groupe-noted-no = Noted. What is written in the name of “{ $name }” stays here.
