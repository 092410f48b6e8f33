/** Pages where files are brought in. */
import '../elements/lms-upload';
