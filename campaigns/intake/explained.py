"""What each column is for, in the team's three languages."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.intake.rows import NAMES
from campaigns.languages import Language, Trilingual

_EACH = {
    "key": Trilingual(
        ar="اسم قصير ثابت للمنشور، بحروف لاتينية وأرقام و - _ . (إلزامي). إعادة الاستيراد بالمفتاح نفسه تعدّل المنشور.",
        en="A short, lasting name of the post: letters, digits, - _ . (needed). The same key again changes the post.",
        fr="Un nom court et durable : lettres, chiffres, - _ . (obligatoire). La même clé modifie la publication.",
    ),
    "kind": Trilingual(
        ar="نوع المنشور (إلزامي): text نص، design تصميم، infographic إنفوغرافيك، videographic فيديوغرافيك، "
        "film فيلم، story قصة.",
        en="What it is: text, design, infographic, videographic, film or story (needed).",
        fr="Sa nature : text, design, infographic, videographic, film ou story (obligatoire).",
    ),
    "campaign": Trilingual(
        ar="مفتاح الحملة. الاسم الجديد يُنشئ حملة جديدة.",
        en="The campaign’s key. A new name makes a new campaign.",
        fr="La clé de la campagne. Un nouveau nom crée une campagne.",
    ),
    "misconceptions": Trilingual(
        ar="مفاتيح المفاهيم الخاطئة التي يردّ عليها المنشور، وبينها ; والأول هو الأساس. انظر ورقة misconceptions.",
        en="Keys of the misconceptions that it answers, with ; between them, the main one first. See that sheet.",
        fr="Clés des idées fausses réfutées, séparées par ; la principale d’abord. Voir la feuille misconceptions.",
    ),
    "text": Trilingual(
        ar="نص المنشور بهذه اللغة. لا تُكتب الآيات بل يُكتب {quran:49:13} أو {quran:2:256/1-4} لكلماتها من 1 إلى 4.",
        en="The words in this language. Verses are never typed: {quran:49:13}, or {quran:2:256/1-4} for words 1–4.",
        fr="Le texte dans cette langue. Un verset ne se saisit pas : {quran:49:13}, ou {quran:2:256/1-4} (mots 1 à 4).",
    ),
    "title": Trilingual(
        ar="عنوان الفيديو، أو ما يُكتب على البطاقة عند استعمال قالب؛ وفي القصة قد يكفي النص.",
        en="A film’s title, or what stands on the card where a template is used; for a story the text may do.",
        fr="Le titre du film, ou ce qui figure sur la carte avec un modèle ; pour une story, le texte peut suffire.",
    ),
    "alt": Trilingual(
        ar="جملة تصف الصورة أو الفيديو لمن لا يراه. إلزامي لكل صورة وفيديو.",
        en="A sentence that says what is to be seen, for those who cannot see it. Needed for pictures and films.",
        fr="Une phrase décrivant l’image ou le film pour qui ne les voit pas (obligatoire pour les deux).",
    ),
    "media": Trilingual(
        ar="أسماء الملفات في مجلد هذا الملف، وبينها ; إن تعددت الصور. تُترك فارغة عند استعمال قالب.",
        en="File names in the folder of this file, with ; between several pictures. Empty where a template is used.",
        fr="Noms de fichiers dans le dossier de ce fichier, séparés par ; laissé vide avec un modèle.",
    ),
    "captions": Trilingual(
        ar="ملف الترجمة المصاحبة للفيديو بهذه اللغة (.srt بترميز UTF-8). أما ما يُرسم بقالب فتُكتب ترجمته تلقائيًا.",
        en="The film’s captions in this language, an .srt file in UTF-8. A drawn film gets its captions by itself.",
        fr="Les sous-titres du film dans cette langue (.srt en UTF-8). Un film dessiné reçoit les siens de lui-même.",
    ),
    "synthetic": Trilingual(
        ar="yes إن كان فيه صوت أو صورة صنعتها آلة وتبدو حقيقية؛ وتُبلَّغ الشبكات بذلك. وإلا فيُترك فارغًا.",
        en="yes if a machine made pictures or voices in it that look real: the networks are told so. Else empty.",
        fr="yes si une machine y a produit des images ou des voix d’aspect réel : les réseaux en sont avertis.",
    ),
    "for_children": Trilingual(
        ar="yes إن كان موجَّهًا إلى الأطفال؛ فيوتيوب يعطّل عليه التعليقات والتخصيص. وإلا فيُترك فارغًا.",
        en="yes if it is made for children: YouTube then switches off its comments. Else empty.",
        fr="yes s’il s’adresse aux enfants : YouTube en désactive alors les commentaires. Sinon vide.",
    ),
    "template": Trilingual(
        ar="القالب الذي يُرسم به التصميم أو الفيلم، بدلًا من ملف.",
        en="The template from which the design or film is drawn, in place of a file.",
        fr="Le modèle à partir duquel l’image ou le film est dessiné, au lieu d’un fichier.",
    ),
    "hashtags": Trilingual(
        ar="وسوم تبدأ بـ # وبينها مسافة، بلا تطويل ولا تشكيل.",
        en="Hashtags, each beginning with #, blanks between them; no tatweel, no vowel marks.",
        fr="Mots-dièse commençant par #, séparés par des espaces ; ni tatweel ni voyelles brèves.",
    ),
    "correction": Trilingual(
        ar="لمنشور صدر من قبل: ما الذي يُصحَّح، في جملة تُعلن للجمهور حيث يمكن التعديل. يُترك فارغًا في غير ذلك.",
        en="For a post that is out: what is put right, in a sentence that its public reads. Empty otherwise.",
        fr="Pour ce qui a déjà paru : ce qui est rectifié, en une phrase dite au public. Vide sinon.",
    ),
    "link": Trilingual(
        ar="عنوان على الشبكة يُلحق بالنص.",
        en="A web address that follows the text.",
        fr="Une adresse web placée après le texte.",
    ),
    "accounts": Trilingual(
        ar="all لكل حساب مناسب، أو مفاتيح الحسابات وبينها ; (إلزامي). انظر ورقة accounts.",
        en="all for every account that can carry it, or account keys with ; between them (needed). See that sheet.",
        fr="all pour tous les comptes possibles, ou leurs clés séparées par ; (obligatoire). Voir la feuille accounts.",
    ),
    "at": Trilingual(
        ar="اليوم والساعة مثل 2026-11-22T18:00 بتوقيت العمود timezone، أو slot لأول موعد متاح (إلزامي).",
        en="Day and hour like 2026-11-22T18:00, in the zone of timezone, or slot for the next free hour (needed).",
        fr="Jour et heure (2026-11-22T18:00, fuseau timezone), ou slot : prochaine heure libre (obligatoire).",
    ),
    "timezone": Trilingual(
        ar="المنطقة الزمنية مثل Asia/Riyadh؛ وإن تُركت فهي UTC.",
        en="The time zone, such as Asia/Riyadh; UTC if empty.",
        fr="Le fuseau horaire, par exemple Asia/Riyadh ; UTC s’il est vide.",
    ),
    "author": Trilingual(
        ar="اسم كاتب المنشور (إلزامي). يعتمده شخص آخر.",
        en="The name of the person who wrote it (needed). Somebody else approves it.",
        fr="Le nom de l’auteur (obligatoire). Une autre personne l’approuve.",
    ),
}


def _explained(name: str) -> Trilingual[str]:
    stem, _, code = name.rpartition("_")
    return _EACH[stem if code in set(Language) else name]


EXPLAINED: Mapping[str, Trilingual[str]] = {name: _explained(name) for name in NAMES}
DRAFTS = Trilingual(
    ar="مسودات لم يؤكدها علماء المركز بعد. صياغتها داخلية، للمطابقة وحدها، ولا تُنشر أبدًا.",
    en="Drafts that the Centre’s scholars have still to confirm. Worded for matching only, never text of a post.",
    fr="Ébauches que les savants du Centre doivent encore confirmer. Formulation interne, jamais publiée.",
)
STANDINGS = {
    "draft": Trilingual(
        ar="مسودة: على العلماء تأكيدها",
        en="draft: scholars have still to confirm it",
        fr="ébauche que les savants doivent confirmer",
    ),
    "confirmed": Trilingual(ar="أكده العلماء", en="confirmed", fr="confirmé"),
}
