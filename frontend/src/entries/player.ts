/** The lesson page. */
import '../player/lms-player';
