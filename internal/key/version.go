package key

// Version stands for what Find finds: whoever keeps what it found, or that it
// found nothing, keeps this with it. It grows with every change to the forms, to
// their judgement or to the prefilter's literals; a test knows the last one.
const Version = 19
