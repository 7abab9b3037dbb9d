/* What libjpeg says of itself in messages that nobody sees. */
#define JVERSION "6b"
#define JCOPYRIGHT1 ""
#define JCOPYRIGHT2 ""
#define JCOPYRIGHT_SHORT ""
