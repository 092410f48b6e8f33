/** The scan page. */
import '../elements/lms-scan';
